"""Where does everything belong, and who may know whom? The table that `test_rooms` holds to.

The one rule: a line imports only from rooms above its own; inside a room nobody imports in a
circle. Imports inside functions and those for annotations count like any other. A room is a folder,
with all that lies below it, or a module that stands beside the folders.
"""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """`modules`: the folder, or modules beside the folders. `libraries`: what it may import beside
    the standard library and the rooms above.
    """

    modules: tuple[str, ...]
    question: str
    libraries: frozenset[str] = frozenset()


def room(modules: str, question: str, libraries: str = "") -> Room:
    return Room(tuple(modules.split()), question, frozenset(libraries.split()))


RUNTIME = (
    room(
        "exceptions limits lazy deprecation failure_log",
        "What may everything use?",
        "typing_extensions",  # for type checkers
    ),
    room(
        "message",
        "What is a message in Python, and how does it become bytes?",
        "google.protobuf pydantic_core",  # the latter where a program has loaded it
    ),
    room("fit", "Do plain values fit an annotation?"),
    room("loops", "On which thread and which loop does what run?"),
    room("http", "What does a plugin answer web requests with?"),
    room("rpc", "How is a call made, and how is one answered?", "grpc google.protobuf"),
    room("policy", "May a call be made, and with which settings?"),
    room("hooks", "What is a hook, and how does its call become an answer?", "grpc"),
    room("process", "What does every launch style share?", "grpc"),
    room(
        "styles",
        "How does a host find a plugin that it has started?",
        "grpc google.protobuf cryptography",  # the latter loads late, if there is AutoMTLS
    ),
    room("hosts", "How is a plugin started, called and ended?", "grpc"),
    room("testing", "How is a plugin tested without its host?", "grpc"),
    room("errors codec sphinx script of_0_1", "What do SDKs and programs open?"),
)

CODEGEN = (
    room("problems shipped", "How does an error read, and where is what comes along?"),
    room("python", "How is Python written?"),
    room("settings", "What is configured?"),
    room("protos", "What do the protos say?", "google.protobuf grpc_tools"),
    room("surface", "What do users of an SDK see, and what did they see before?"),
    room("plan", "Which Python is written?"),
    room("output", "How does a plan become files on disk?", "jinja2"),
    room("generation", "Which stages lead from settings to files?"),
    room(
        "evolution",
        "What has changed for users since another state, and which version does that ask for?",
        "google.protobuf",
    ),
    room("unchanged", "Is all as it was when a check last found nothing?"),
    room("bundle", "What does an installable plugin consist of?"),
    room("reference", "What does a reader find about an SDK?", "plugwright_runtime"),
    room("starting", "How does a project begin: a plugin, or an SDK?"),
    room("commands", "What did the user ask for, and how does it end?", "typer"),
    room("protoc_plugin __main__", "Where do programs begin?", "google.protobuf"),
)

# Libraries that only these modules know: whoever does without them starts faster.
_COMMANDS = "plugwright.commands"
ALONE = {
    "grpc_tools": {"plugwright.protos.protoc"},
    "jinja2": {"plugwright.output.compiling"},
    "typer": {f"{_COMMANDS}.cli", f"{_COMMANDS}.cli_new", f"{_COMMANDS}.options"},
}
MOST_BESIDE = {"plugwright_runtime": 12, "plugwright": 8}
MOST_LINES = 350
MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_A_TEMPLATE = 150
