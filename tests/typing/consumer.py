"""What plugin authors write, all in one place: no ignore, no cast, no `Any`.

Two plugins handle a hook of every family, once as functions and once as coroutines; `Everyday` and
the functions below use clients, models, enums, codec, registry, errors and the test kit. The type
checkers must find nothing to say, and `try_out` must run.
"""

from __future__ import annotations

import asyncio
import copy
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import TypedDict

from mattermost_plugin import (
    DISMISS,
    AlreadyExistsError,
    AsyncPluginAPIClient,
    Dismiss,
    HookName,
    HookRegistrationError,
    JSONResponse,
    NotFoundError,
    PermissionDeniedError,
    Plugin,
    PluginAPIClient,
    PluginAPIError,
    Reject,
    Request,
    Response,
    StreamingResponse,
    UnavailableError,
    ValidationError,
    asgi,
    hook,
    models,
    registry,
    wsgi,
)
from mattermost_plugin.clients import AsyncPluginHooksClient, PluginHooksClient
from mattermost_plugin.models import ChannelType, Post, TeamType, User
from mattermost_plugin.servicers import PluginAPIServicer
from mattermost_plugin.testing import PluginHarness
from plugwright_runtime import codec
from plugwright_runtime.message.wkt import JSONObject
from plugwright_runtime.rpc.servicer import ServerContext


class Settings(TypedDict):
    word: str
    limit: int


class Functions(Plugin):
    """A handler of every family, as functions."""

    def __init__(self) -> None:
        self.settings: Settings = {"word": "", "limit": 0}
        self.bot_id = ""

    # void
    @hook(HookName.MessageHasBeenPosted)
    def posted(self, context: models.PluginContext, post: models.Post) -> None:
        self.logger.info("%s wrote %s", post.user_id, post.message)

    # void, with an actor who may be missing
    @hook(HookName.UserHasJoinedChannel)
    def joined(
        self,
        context: models.PluginContext,
        member: models.ChannelMember,
        actor: models.User | None,
    ) -> None:
        name = actor.username if actor is not None else "somebody"
        self.api.create_post(Post(channel_id=member.channel_id, message=f"{name} let you in"))

    # only an error
    @hook(HookName.OnConfigurationChange)
    def configure(self) -> None:
        config = self.api.load_plugin_configuration()
        self.settings = {
            "word": str(config.get("word", "")),
            "limit": int(config.get("limit", 0)),
        }
        if self.settings["limit"] < 0:
            raise ValidationError("limit must not be negative", id="demo.limit")

    @hook("OnActivate", timeout=20)
    def activate(self) -> None:
        self.bot_id = self.api.ensure_bot_user(models.Bot(username="demo"))
        self.api.register_command(models.Command(trigger="demo", auto_complete=True))

    # a value and an error
    @hook(HookName.ExecuteCommand)
    def command(
        self, context: models.PluginContext, args: models.CommandArgs
    ) -> models.CommandResponse:
        words = args.command.split()
        return models.CommandResponse(
            response_type="ephemeral",
            text=" ".join(words[1:]),
            props={"count": len(words), "list": [1, None, {"deep": True}]},
            attachments=[models.CommandResponse(text="more")],
        )

    @hook(HookName.RunDataRetention)
    def purge(self, now_time: int, batch_size: int) -> int:
        return min(batch_size, 10)

    @hook(HookName.ConfigurationWillBeSaved)
    def check_configuration(self, new_config: JSONObject) -> JSONObject | None:
        if "demo" in new_config:
            return None
        return {**new_config, "demo": {"on": True}}

    @hook(HookName.GenerateSupportData)
    def support(self, context: models.PluginContext) -> list[models.FileData]:
        return [models.FileData(filename="demo.txt", data=b"all is well")]

    # modify or reject
    @hook(HookName.MessageWillBePosted, timeout=2.5, on_error=Reject("try again later"))
    def check(
        self, context: models.PluginContext, post: models.Post
    ) -> models.Post | Reject | Dismiss | None:
        if post.message == "/drop":
            return DISMISS
        if self.settings["word"] in post.message:
            return Reject(f"{self.settings['word']} is not a word we use")
        if post.metadata is None or post.metadata.priority is None:
            return None
        post.message = post.message.strip()
        post.props = {**(post.props or {}), "checked": True}
        return post

    @hook(HookName.FileWillBeUploaded)
    def upload(
        self, context: models.PluginContext, info: models.FileInfo, content: bytes
    ) -> tuple[models.FileInfo, bytes] | bytes | Reject | None:
        if info.size > 2**30:
            return Reject("too big")
        if info.extension == "txt":
            return content.upper()
        info.name = f"checked-{info.name}"
        return info, content

    @hook(HookName.EmailNotificationWillBeSent)
    def mail(self, mail: JSONObject) -> models.EmailNotificationContent | None:
        return models.EmailNotificationContent(subject=str(mail["subject"]))

    # reject
    @hook(HookName.UserWillLogIn)
    def login(self, context: models.PluginContext, user: models.User) -> Reject | None:
        return Reject("locked") if user.failed_attempts > 5 else None

    # transform
    @hook(HookName.MessagesWillBeConsumed)
    def consume(self, posts: list[models.Post]) -> list[models.Post]:
        return [dataclasses.replace(p, message=p.message.lower()) for p in posts]

    # plain
    @hook(HookName.OnSharedChannelsPing)
    def ping(self, remote: models.RemoteCluster) -> bool:
        return remote.delete_at == 0

    # http
    @hook(HookName.ServeHTTP)
    def web(self, request: Request) -> Response | StreamingResponse:
        if request.method == "GET":
            return StreamingResponse(self._lines(), headers={"X-Demo": "1"})
        if request.path == "/json":
            return JSONResponse({"got": request.read_json()}, 201)
        return Response(request.read(), content_type="text/plain")

    def _lines(self) -> Iterator[bytes]:
        for number in range(3):
            yield b"line %d\n" % number


class Coroutines(Plugin):
    """The same families, as coroutines."""

    @hook(HookName.MessageHasBeenDeleted)
    async def deleted(self, context: models.PluginContext, post: models.Post) -> None:
        await self.aio.kv_delete(post.id)

    @hook(HookName.UserHasLeftTeam)
    async def left(
        self,
        context: models.PluginContext,
        member: models.TeamMember,
        actor: models.User | None,
    ) -> None:
        await self.aio.kv_set(member.user_id, (actor or User()).username.encode())

    @hook(HookName.OnActivate)
    async def activate(self) -> None:
        users, teams = await asyncio.gather(self.aio.get_users(), self.aio.get_teams())
        self.logger.info("%d users, %d teams", len(users), len(teams))

    @hook("OnSAMLLogin")
    async def saml(
        self, context: models.PluginContext, user: models.User, assertion: JSONObject
    ) -> None:
        if not assertion.get("Attributes"):
            raise PermissionDeniedError("no attributes", status_code=403)

    @hook(HookName.OnSharedChannelsSyncMsg)
    async def sync(self, message: JSONObject, remote: models.RemoteCluster) -> models.SyncResponse:
        return models.SyncResponse(users_syncd=[str(u) for u in message["users"]])

    @hook(HookName.MessageWillBeUpdated)
    async def check(
        self, context: models.PluginContext, new: models.Post, old: models.Post
    ) -> models.Post | None:
        return None if new.message == old.message else new

    @hook(HookName.NotificationWillBePushed, on_error=Reject("failed"))
    async def push(
        self, notification: models.PushNotification, user_id: str
    ) -> models.PushNotification | Reject:
        notification.badge = "3"
        return notification if user_id else Reject("nobody")

    @hook("UserWillLogIn", on_error=Reject("closed"))
    async def login(self, context: models.PluginContext, user: models.User) -> None:
        await asyncio.sleep(0)

    @hook(HookName.MessagesWillBeConsumed)
    async def consume(self, posts: list[models.Post]) -> list[models.Post] | None:
        return None

    @hook(HookName.OnSharedChannelsPing)
    async def ping(self, remote: models.RemoteCluster) -> bool:
        return True

    @hook(HookName.ServeHTTP)
    async def web(self, request: Request) -> Response | StreamingResponse:
        if request.headers.get("accept") == "text/event-stream":
            return StreamingResponse(self._events(request))
        context = request.context
        assert isinstance(context, models.PluginContext)
        return JSONResponse(await request.json(), headers=[("X-Ip", context.ip_address)])

    async def _events(self, request: Request) -> AsyncIterator[str]:
        async for piece in request:
            yield piece.decode()


Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]


async def asgi_app(
    scope: Scope,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"mounted"})


class Mounted(Plugin):
    """A web application as the HTTP hook."""

    web = hook(HookName.ServeHTTP)(asgi(asgi_app))


class Routed(Plugin):
    """A web application below a path."""

    app = asgi(asgi_app)

    @hook(HookName.ServeHTTP)
    def web(self, request: Request) -> Response:
        return Response(status=404)


class Child(Functions):
    """Overrides a handler; it stays one."""

    def ping(self, remote: models.RemoteCluster) -> bool:
        return super().ping(remote) and remote.name != ""

    @classmethod
    @hook(HookName.OnInstall)
    def installed(cls, context: models.PluginContext, event: models.OnInstallEvent) -> None:
        names: list[str] = cls.implemented_hooks()
        assert HookName.OnInstall in names


# ------------------------------------------------------------------ clients


def with_a_client(target: str) -> str:
    with PluginAPIClient(target, timeout=5, metadata=[("x-tenant", "a")]) as api:
        user: User = api.get_user("u1")
        teams: list[models.Team] = api.get_teams_for_user(user.id)
        page = api.get_users(in_team_id=teams[0].id, page=1, roles=["system_user"])
        stored: bytes = api.kv_get("key", timeout=1)
        changed: bool = api.kv_set_with_options(
            "key", b"new", options=models.PluginKVSetOptions(atomic=True)
        )
        licence: JSONObject | None = api.get_license()
        config: JSONObject = api.get_config()
        site = config["ServiceSettings"]["SiteURL"]
        image: models.GetEmojiImageResponse = api.get_emoji_image("e1")
        info = api.upload_data(models.UploadSession(id="s"), image.image)
        if info is None:
            return "not complete"
        api.publish_web_socket_event(
            "done",
            payload={"file": info.id, "n": [1, 2]},
            broadcast=models.WebsocketBroadcast(user_id=user.id),
        )
        api.log_info("done", key_value_pairs=[models.KeyValuePair(key="k")])
        answer = api.plugin_http("GET", f"/other/{site}", headers={"X": "y"})
        return f"{len(page)} {stored!r} {changed} {licence} {answer.status_code}"


async def with_an_async_client() -> list[str]:
    async with AsyncPluginAPIClient(timeout=5) as api:
        channel = await api.get_channel("c1")
        posts: models.PostList = await api.get_posts_for_channel(channel.id)
        found = await asyncio.gather(*(api.get_post(id) for id in posts.order))
        task = asyncio.create_task(api.get_server_version())
        limits: JSONObject | None = await api.get_cloud_limits()
        return [p.message for p in found] + [await task, str(limits)]


def errors(api: PluginAPIClient) -> str:
    try:
        return api.get_user_by_username("ann").id
    except (NotFoundError, PermissionDeniedError) as error:
        return f"{error.id} {error.status_code} {error.where} {error.params}"
    except (AlreadyExistsError, UnavailableError) as error:
        return str(error)
    except PluginAPIError as error:
        code = error.code.name if error.code is not None else "none"
        return f"{error.message} {error.rpc} {code} {error.detailed_error}"


# ------------------------------------------------------------------ models


def build() -> models.Post:
    post = Post(message="hi", props={"a": [1, "b"]}, file_ids=["f"], is_following=None)
    post.metadata = models.PostMetadata(
        reactions=[models.Reaction(emoji_name="+1")],
        images={"url": models.PostImage(width=1)},
    )
    post.participants.append(User(username="ann", props={"k": "v"}))
    twin = copy.deepcopy(post)
    assert post == twin
    later = dataclasses.replace(post, message="bye", edit_at=post.create_at + 1)
    names: list[str] = [field.name for field in dataclasses.fields(later)]
    plain: dict[str, object] = dataclasses.asdict(later)
    assert plain.keys() == set(names)
    return later


def describe(thing: object) -> str:
    match thing:
        case Post(message="", file_ids=files):
            return f"{len(files)} files"
        case Post(message=text, metadata=None):
            return text
        case User(username=name):
            return name
        case _:
            return "something else"


def kind(channel: models.Channel) -> str:
    match channel.type:
        case ChannelType.OPEN | ChannelType.PRIVATE:
            return channel.type.name
        case ChannelType.DIRECT:
            return "a talk"
        case other:
            return f"number {int(other)}"


def enums() -> tuple[TeamType, int]:
    newer = TeamType(99)
    team = models.Team(type=TeamType.INVITE if newer.value else newer)
    return team.type, team.type + 1


# ------------------------------------------------------------------ codec and registry


def there_and_back(post: models.Post) -> models.Post:
    data: bytes = codec.encode(post, deterministic=True)
    same: Post = codec.decode(Post, data)
    text: str = codec.to_json(same, indent=2)
    back = codec.from_json(models.Post, text, ignore_unknown_fields=True)
    cls = registry.message("mattermost.pluginapi.v1.Post")
    assert isinstance(codec.decode(cls, data), Post)
    assert registry.enum("mattermost.pluginapi.v1.TeamType")(1) == TeamType.OPEN
    return back


# ------------------------------------------------------------------ tests of a plugin


class FakeAPI(PluginAPIServicer):
    def get_user(
        self, request: models.GetUserRequest, context: ServerContext, /
    ) -> models.GetUserResponse:
        if not request.user_id:
            raise NotFoundError("no such user", id="app.user.missing", status_code=404)
        return models.GetUserResponse(user=User(id=request.user_id, username="ann"))

    async def kv_get(
        self, request: models.KVGetRequest, context: ServerContext, /
    ) -> models.KVGetResponse:
        return models.KVGetResponse(value=request.key.encode())

    # A response without a payload may be left out.
    def delete_user(self, request: models.DeleteUserRequest, context: ServerContext, /) -> None:
        assert request.user_id

    async def remove_reaction(
        self, request: models.RemoveReactionRequest, context: ServerContext, /
    ) -> None:
        assert request.reaction


def load(
    request: models.LoadPluginConfigurationRequest,
) -> models.LoadPluginConfigurationResponse:
    return models.LoadPluginConfigurationResponse(config_json=b'{"word": "darn"}')


def try_out() -> None:
    with PluginHarness(Child, FakeAPI(), activate=False) as harness:
        harness.api.on("LoadPluginConfiguration", load)
        harness.api.on("GetTeam", NotFoundError("no such team", status_code=404))
        harness.api.on("RegisterCommand", models.RegisterCommandResponse())
        harness.api.on("EnsureBotUser", lambda _: models.EnsureBotUserResponse())
        harness.hooks.on_configuration_change()
        harness.hooks.on_activate()
        registered = harness.api.requests("RegisterCommand", models.RegisterCommandRequest)
        command = registered[0].command
        assert command is not None
        assert command.trigger == "demo"
        answer = harness.hooks.message_will_be_posted(post=Post(message="darn"))
        assert answer.rejection_reason.startswith("darn")
        plugin: Child = harness.plugin
        assert plugin.settings["word"] == "darn"
        assert harness.hooks.on_shared_channels_ping() is False
        assert harness.api.calls[0].rpc == "LoadPluginConfiguration"
        assert plugin.api.get_user("u").username == "ann"


def as_a_host(address: str) -> list[str]:
    with PluginHooksClient(address) as hooks:
        hooks.on_activate(timeout=3)
        return hooks.implemented()


async def as_an_async_host(address: str) -> bool:
    async with AsyncPluginHooksClient(address) as hooks:
        return await hooks.on_shared_channels_ping(remote_cluster=None)


def registration() -> str:
    try:
        type("Two", (Functions,), {"ping": None})
    except HookRegistrationError as error:
        return str(error)
    return ""


def wsgi_app(
    environ: dict[str, object],
    start_response: Callable[[str, list[tuple[str, str]]], object],
) -> list[bytes]:
    start_response("200 OK", [])
    return [b"mounted"]


class MountedWSGI(Plugin):
    web = hook("ServeHTTP")(wsgi(wsgi_app))
