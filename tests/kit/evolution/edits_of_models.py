"""Edits of messages, enums and files."""

from __future__ import annotations

from kit.evolution.edits import NOTES, Edit, after, before, edit, told, without

_PLACE = """\
// Where a note was written.
message Place {
  double north = 1;
  double east = 2;
}

"""
_STARS = "  int32 stars = 3;\n"


def _field(name: str, old: str, new: str, python: str, line: str = "") -> Edit:
    return edit(
        name, ("note", old, new), told=(told(f"models.note.Note.{python}", "note", line or new),)
    )


MODELS = (
    edit("add a message", after("note", _PLACE, "message Pen {\n  string ink = 1;\n}\n\n")),
    edit("add a field to a message", after("note", "Place place = 9;", "\n  bool done = 10;")),
    edit("add a field between those of a message", before("note", _STARS, "  bool done = 10;\n")),
    edit(
        "change the order of a message's fields",
        without("note", _STARS),
        before("note", "  string id = 1;\n", _STARS),
    ),
    edit(
        "change the order of messages",
        without("note", _PLACE),
        before("note", "// A note.\n", _PLACE),
    ),
    edit(
        "move a message to another file",
        without("note", _PLACE),
        ("place", "", f'syntax = "proto3";\n\npackage notes.v1;\n\n{_PLACE}'),
        after("note", "package notes.v1;\n", '\nimport "place.proto";\n'),
    ),
    edit(
        "rename a message",
        ("note", "message Place {", "message Spot {"),
        ("note", "Place place = 9;", "Spot place = 9;"),
        told=(told("models.note.Place", "note", "message Spot"),),
    ),
    edit(
        "delete a message",
        without("note", _PLACE),
        without("note", "  Place place = 9;\n"),
        told=(
            told("models.note.Place", "note", ""),
            told("models.note.Note.place", "note", "message Note"),
        ),
    ),
    edit(
        "put a message into another one",
        without("note", _PLACE),
        after(
            "note",
            "Place place = 9;\n",
            "\n  message Place {\n    double north = 1;\n    double east = 2;\n  }\n",
        ),
        told=(told("models.note.Place", "note", "  message Place"),),
    ),
    edit(
        "deprecate a message",
        ("note", "message Place {", "message Place {\n  option deprecated = true;"),
    ),
    _field("rename a field of a message", "int32 stars = 3;", "int32 rating = 3;", "stars"),
    _field("delete a field of a message", _STARS, "", "stars", "message Note"),
    _field(
        "give a field of a message another type", "int32 stars = 3;", "string stars = 3;", "stars"
    ),
    edit("give a number more bits", ("note", "int32 stars = 3;", "int64 stars = 3;")),
    _field("give a number another encoding", "int32 stars = 3;", "sint32 stars = 3;", "stars"),
    _field(
        "give a field of a message another number", "int32 stars = 3;", "int32 stars = 11;", "stars"
    ),
    _field(
        "make a field of a message `optional`",
        "string text = 2;",
        "optional string text = 2;",
        "text",
    ),
    _field(
        "take `optional` from a field of a message",
        "optional string author = 4;",
        "string author = 4;",
        "author",
    ),
    _field(
        "make a field of a message `repeated`",
        "int32 stars = 3;",
        "repeated int32 stars = 3;",
        "stars",
    ),
    _field(
        "give a field another name in JSON",
        "int32 stars = 3;",
        'int32 stars = 3 [json_name = "rating"];',
        "stars",
    ),
    edit(
        "deprecate a field of a message",
        ("note", "int32 stars = 3;", "int32 stars = 3 [deprecated = true];"),
    ),
    edit(
        "add a oneof to a message",
        after(
            "note",
            "Place place = 9;",
            "\n  oneof pen {\n    string ink = 10;\n    string lead = 11;\n  }",
        ),
    ),
    edit("add a case to a oneof", after("note", "bytes drawing = 8;", "\n    string link = 10;")),
    edit(
        "rename a case of a oneof",
        ("note", "string plain = 7;", "string simple = 7;"),
        told=(told("models.note.Note.Body.Plain", "note", "string simple"),),
    ),
    edit(
        "delete a case of a oneof",
        without("note", "    bytes drawing = 8;\n"),
        told=(told("models.note.Note.Body.Drawing", "note", "message Note"),),
    ),
    edit(
        "rename a oneof",
        ("note", "oneof body {", "oneof content {"),
        told=(told("models.note.Note.body", "note", "oneof content"),),
    ),
    edit(
        "put a field into a oneof",
        without("note", "  Place place = 9;\n"),
        after("note", "bytes drawing = 8;", "\n    Place place = 9;"),
        told=(told("models.note.Note.place", "note", "Place place = 9;"),),
    ),
)

_GREEN = "  COLOR_GREEN = 2;\n"

ENUMS = (
    edit("add a value to an enum", after("note", _GREEN, "  COLOR_BLUE = 3;\n")),
    edit("add a value without the prefix of the others", after("note", _GREEN, "  BLUE = 3;\n")),
    edit(
        "add a value that begins with a digit behind the prefix",
        after("note", _GREEN, "  COLOR_2D = 3;\n"),
    ),
    edit(
        "change the order of values",
        (
            "note",
            "  COLOR_RED = 1;\n  COLOR_GREEN = 2;\n",
            "  COLOR_GREEN = 2;\n  COLOR_RED = 1;\n",
        ),
    ),
    edit(
        "add a second name for a value",
        ("note", "enum Color {\n", "enum Color {\n  option allow_alias = true;\n"),
        after("note", _GREEN, "  COLOR_LIME = 2;\n"),
    ),
    edit(
        "rename a value",
        ("note", "COLOR_RED = 1;", "COLOR_SCARLET = 1;"),
        told=(told("models.note.Color.RED", "note", "COLOR_SCARLET"),),
    ),
    edit(
        "delete a value",
        without("note", "  COLOR_RED = 1;\n"),
        told=(told("models.note.Color.RED", "note", "enum Color"),),
    ),
    edit(
        "give a value another number",
        ("note", "COLOR_RED = 1;", "COLOR_RED = 4;"),
        told=(told("models.note.Color.RED", "note", "COLOR_RED = 4;"),),
    ),
    edit("deprecate a value", ("note", "COLOR_RED = 1;", "COLOR_RED = 1 [deprecated = true];")),
    edit(
        "add an enum",
        after("note", _PLACE, "enum Size {\n  SIZE_UNSPECIFIED = 0;\n  SIZE_BIG = 1;\n}\n\n"),
    ),
    edit(
        "rename an enum",
        ("note", "enum Color {", "enum Tint {"),
        ("note", "Color color = 5;", "Tint color = 5;"),
        ("api", "Color color = 2;", "Tint color = 2;"),
        told=(told("models.note.Color", "note", "enum Tint"),),
    ),
)

_NOTE = (NOTES / "note.proto").read_text()

FILES = (
    edit(
        "add a file",
        (
            "pens",
            "",
            'syntax = "proto3";\n\npackage notes.v1;\n\nmessage Pen {\n  string ink = 1;\n}\n',
        ),
    ),
    edit(
        "rename a file",
        ("note", _NOTE, ""),
        ("notes/paper", "", _NOTE),
        ("api", 'import "note.proto";', 'import "notes/paper.proto";'),
        ("hooks", 'import "note.proto";', 'import "notes/paper.proto";'),
    ),
    edit(
        "change the package of all files",
        *((file, "package notes.v1;", "package notes.v2;") for file in ("note", "api", "hooks")),
        ("plugwright.toml", "notes.v1.NotesAPI", "notes.v2.NotesAPI"),
        ("plugwright.toml", "notes.v1.NotesHooks", "notes.v2.NotesHooks"),
        told=(
            told("NotesAPIClient", "api", "service NotesAPI"),
            told("NotesHooksClient", "hooks", "service NotesHooks"),
        ),
    ),
    edit("change comments", ("note", "// A note.", "// What somebody has written.")),
    edit(
        "set an option of another language",
        after("note", "package notes.v1;\n", '\noption go_package = "notes/v1";\n'),
    ),
    edit(
        "change `syntax` into an edition",
        (
            "note",
            'syntax = "proto3";',
            'edition = "2023";\n\noption features.field_presence = IMPLICIT;',
        ),
        (
            "note",
            "optional string author = 4;",
            "string author = 4 [features.field_presence = EXPLICIT];",
        ),
    ),
)
