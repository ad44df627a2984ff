"""What an author has written for notes: a plugin, its tests' fake host, and what comes of them."""

from __future__ import annotations

import pickle

from notes_sdk import HookName, NotesAPIClient, Plugin, PluginAPIError, Reject, hook, models
from notes_sdk.servicers import NotesAPIServicer
from notes_sdk.testing import PluginHarness
from plugwright_runtime.rpc.servicer import ServerContext

NOTE = models.Note(
    id="n1",
    text="buy milk",
    stars=3,
    author="ann",
    color=models.Color.RED,
    tags=["shop"],
    body=models.Note.Body.Plain("two"),
    place=models.Place(north=60.2, east=24.9),
)


class Notes(NotesAPIServicer):
    """The host, as tests play it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def get_note(
        self, request: models.GetNoteRequest, context: ServerContext
    ) -> models.GetNoteResponse:
        self.seen.append(f"get {request.id} of {request.folder}")
        if not request.id:
            raise PluginAPIError("no id")
        return models.GetNoteResponse(note=NOTE)

    def move_note(
        self, request: models.MoveNoteRequest, context: ServerContext
    ) -> models.MoveNoteResponse:
        self.seen.append(f"move {request.id} from {request.from_} to {request.to}")
        return models.MoveNoteResponse()

    def find_notes(
        self, request: models.FindNotesRequest, context: ServerContext
    ) -> models.FindNotesResponse:
        self.seen.append(f"find {request.text} {request.color.name} {request.limit}")
        return models.FindNotesResponse(notes=[NOTE, NOTE])

    def kv_get(self, request: models.KVGetRequest, context: ServerContext) -> models.KVGetResponse:
        return models.KVGetResponse(value=f"value of {request.key}".encode())

    def clear(
        self, request: models.ClearRequest, context: ServerContext
    ) -> models.ClearResponse | None:
        self.seen.append("clear")
        return None

    def sum(self, request: models.SumRequest, context: ServerContext) -> models.SumResponse:
        return models.SumResponse(notes=2, stars=len(request.folder))


class Library(Plugin):
    """The plugin."""

    @hook(HookName.NoteWillBeSaved)
    def check(self, note: models.Note) -> models.Note | Reject | None:
        if not note.text:
            return Reject("say something")
        note.stars += 1
        return note

    @hook(HookName.NoteHasBeenMoved)
    def moved(self, origin: str, target: str) -> None:
        self.api.move_note("n1", target, origin)

    @hook(HookName.RateNote)
    def rate(self, note: models.Note, user: str) -> int:
        return note.stars + len(user)


def calls(api: NotesAPIClient) -> list[object]:
    """What the plugin asks, in every way that the SDK offers."""
    found = api.find_notes("milk", models.Color.GREEN, limit=2)
    value: bytes = api.kv_get("k")
    total = api.sum("drawer")
    note: models.Note = api.get_note("n1", "drawer")
    failure = ""
    try:
        api.get_note("", folder="attic")
    except PluginAPIError as error:
        failure = str(error)
    api.move_note("n1", "drawer", "attic")
    api.clear()
    return [len(found), value, (total.notes, total.stars), *about(note), failure]


def about(note: models.Note) -> list[object]:
    """What there is to see of a note."""
    body = ""
    match note.body:
        case models.Note.Body.Plain(text):
            body = text
        case models.Note.Body.Drawing(drawing):
            body = drawing.hex()
        case _:
            pass
    place = (note.place.north, note.place.east) if note.place else None
    plain = (note.id, note.text, note.stars, note.author or "nobody", note.color.name)
    return [*plain, sorted(note.tags), body, place]


def transcript() -> list[object]:
    """All that happens when the plugin runs."""
    notes = Notes()
    with PluginHarness(Library, notes) as harness:
        said = calls(harness.plugin.api)
        saved = harness.hooks.note_will_be_saved(note=NOTE).modified_note
        refused = harness.hooks.note_will_be_saved(note=models.Note()).rejection_reason
        harness.hooks.note_has_been_moved(from_="drawer", to="attic")
        rated = harness.hooks.rate_note(note=NOTE, user="bob")
    said += [saved.stars if saved else None, refused, rated, notes.seen]
    return [*said, *about(pickle.loads(pickle.dumps(NOTE)))]


def pickled() -> bytes:
    """A note as the author has stored it."""
    return pickle.dumps(NOTE)


def stored(data: bytes) -> list[object]:
    """What there is to see of a note that was stored before."""
    return about(pickle.loads(data))
