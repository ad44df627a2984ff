"""Edits of RPCs, of hooks, and of what they take and return."""

from __future__ import annotations

from kit.evolution.edits import after, before, edit, told, without

_GET = "  rpc GetNote(GetNoteRequest) returns (GetNoteResponse);\n"
_MOVE = "  rpc MoveNote(MoveNoteRequest) returns (MoveNoteResponse);\n"
_KV = "  rpc KVGet(KVGetRequest) returns (KVGetResponse);\n"
_SUM = "  rpc Sum(SumRequest) returns (SumResponse);\n"
_LOCK = """
message LockRequest {
  string id = 1;
}

message LockResponse {
  Failure error = 1;
}
"""
_LOCK_RPC = "  rpc Lock(LockRequest) returns (LockResponse);\n"
_SECOND = """
// Another one.
service NotesAdmin {
  rpc Purge(ClearRequest) returns (MoveNoteResponse);
}
"""
_ADMIN = """\
syntax = "proto3";

package notes.admin;

import "note.proto";

service NotesAPI {
  rpc Purge(PurgeRequest) returns (PurgeResponse);
}

message PurgeRequest {}

message PurgeResponse {
  notes.v1.Failure error = 1;
}
"""

RPCS = (
    edit(
        "add an RPC at the end",
        after("api", _SUM, _LOCK_RPC),
        before("api", "\nmessage SumRequest", _LOCK),
    ),
    edit(
        "add an RPC between others",
        after("api", _GET, _LOCK_RPC),
        before("api", "\nmessage SumRequest", _LOCK),
    ),
    edit("change the order of RPCs", without("api", _SUM), before("api", _GET, _SUM)),
    edit(
        "add an RPC whose name differs in case alone",
        before("api", _KV, "  rpc KvGet(GetNoteRequest) returns (GetNoteResponse);\n"),
    ),
    edit(
        "rename an RPC",
        ("api", "rpc MoveNote(", "rpc RelocateNote("),
        told=(told("NotesAPIClient.move_note()", "api", "rpc RelocateNote"),),
    ),
    edit(
        "delete an RPC",
        without("api", _SUM),
        told=(told("NotesAPIClient.sum()", "api", "service NotesAPI"),),
    ),
    edit(
        "deprecate an RPC",
        ("api", "(SumResponse);", "(SumResponse) {\n    option deprecated = true;\n  }"),
    ),
    edit(
        "declare that an RPC may be tried again",
        (
            "api",
            "(SumResponse);",
            "(SumResponse) {\n    option idempotency_level = NO_SIDE_EFFECTS;\n  }",
        ),
    ),
    edit(
        "let an RPC answer with a stream",
        ("api", "returns (SumResponse)", "returns (stream SumResponse)"),
        told=(told("NotesAPIClient.sum()", "api", "rpc Sum"),),
    ),
    edit(
        "let an RPC take another message",
        ("api", "rpc Sum(SumRequest)", "rpc Sum(KVGetRequest)"),
        told=(told("NotesAPIClient.sum(folder)", "api", "string key"),),
    ),
    edit(
        "let an RPC return another message",
        ("api", "returns (SumResponse)", "returns (KVGetResponse)"),
        told=(told("NotesAPIClient.sum()", "api", "rpc Sum"),),
    ),
    edit(
        "move an RPC to another service",
        without("api", _SUM),
        after(
            "api",
            _KV + "  rpc Clear(ClearRequest) returns (ClearResponse);\n}\n",
            f"\nservice Sums {{\n{_SUM}}}\n",
        ),
        told=(told("NotesAPIClient.sum()", "api", "service NotesAPI"),),
    ),
    edit("add a service", before("api", "\nmessage SumRequest", _SECOND)),
    edit("add a service that is called like another one", ("admin", "", _ADMIN)),
    edit(
        "rename a service",
        ("hooks", "service NotesHooks", "service NoteEvents"),
        ("plugwright.toml", "v1.NotesHooks", "v1.NoteEvents"),
        told=(told("NotesHooksServicer", "api", ""),),
    ),
)

REQUESTS = (
    edit("add a field to a request", after("api", "string folder = 2;", "\n  string branch = 3;")),
    edit(
        "add a field between those of a request",
        after("api", "string from = 2;", "\n  bool force = 4;"),
    ),
    edit("add a message to a request", after("api", "string folder = 2;", "\n  Place near = 3;")),
    edit(
        "add a field to a request that has none",
        ("api", "message ClearRequest {}", "message ClearRequest {\n  string folder = 1;\n}"),
    ),
    edit(
        "add a oneof to a request",
        after(
            "api",
            "string folder = 2;",
            "\n  oneof by {\n    string user = 3;\n    int64 time = 4;\n  }",
        ),
    ),
    edit(
        "change the order of a request's fields",
        ("api", "  string from = 2;\n  string to = 3;\n", "  string to = 3;\n  string from = 2;\n"),
    ),
    edit(
        "give a request's fields other numbers",
        ("api", "  string from = 2;\n  string to = 3;\n", "  string from = 3;\n  string to = 2;\n"),
        told=(told("models.api.MoveNoteRequest.from_", "api", "string from = 3"),),
    ),
    edit(
        "rename a field of a request",
        ("api", "string folder = 2;", "string drawer = 2;"),
        told=(told("NotesAPIClient.get_note(folder)", "api", "string drawer"),),
    ),
    edit(
        "delete a field of a request",
        without("api", "  string folder = 2;\n"),
        told=(told("NotesAPIClient.get_note(folder)", "api", "message GetNoteRequest"),),
    ),
    edit(
        "give a field of a request another type",
        ("api", "string folder = 2;", "int64 folder = 2;"),
        told=(told("NotesAPIClient.get_note(folder)", "api", "int64 folder"),),
    ),
    edit(
        "make a field of a request `optional`",
        ("api", "string folder = 2;", "optional string folder = 2;"),
        told=(told("models.api.GetNoteRequest.folder", "api", "optional string folder"),),
    ),
    edit(
        "take `optional` from a field of a request",
        ("api", "optional int32 limit", "int32 limit"),
        told=(told("NotesAPIClient.find_notes(limit)", "api", "int32 limit"),),
    ),
    edit(
        "make a field of a request `repeated`",
        ("api", "string folder = 2;", "repeated string folder = 2;"),
        told=(told("NotesAPIClient.get_note(folder)", "api", "repeated string folder"),),
    ),
    edit(
        "deprecate a field of a request",
        ("api", "string folder = 2;", "string folder = 2 [deprecated = true];"),
    ),
)

RESPONSES = (
    edit(
        "add a second payload to a response",
        after("api", "bytes value = 2;", "\n  int64 version = 3;"),
    ),
    edit(
        "add a first payload to a response that had none",
        after("api", "message MoveNoteResponse {\n  Failure error = 1;", "\n  int32 moves = 2;"),
    ),
    edit(
        "add a field to a response that is returned whole",
        after("api", "int64 stars = 3;", "\n  int64 words = 4;"),
    ),
    edit(
        "change the order of a response's fields",
        (
            "api",
            "  Failure error = 1;\n  int64 notes = 2;\n  int64 stars = 3;\n",
            "  int64 stars = 3;\n  int64 notes = 2;\n  Failure error = 1;\n",
        ),
    ),
    edit(
        "rename the payload of a response",
        ("api", "bytes value = 2;", "bytes content = 2;"),
        told=(told("models.api.KVGetResponse.value", "api", "bytes content"),),
    ),
    edit(
        "delete the payload of a response",
        without("api", "  bytes value = 2;\n"),
        told=(told("NotesAPIClient.kv_get()", "api", "rpc KVGet"),),
    ),
    edit(
        "give the payload of a response another type",
        ("api", "bytes value = 2;", "string value = 2;"),
        told=(told("NotesAPIClient.kv_get()", "api", "rpc KVGet"),),
    ),
    edit(
        "make the payload of a response `repeated`",
        ("api", "bytes value = 2;", "repeated bytes value = 2;"),
        told=(told("NotesAPIClient.kv_get()", "api", "rpc KVGet"),),
    ),
    edit(
        "add a field for failures to a response",
        ("plugwright.toml", 'without = ["Clear"]\n', ""),
        ("api", "message ClearResponse {}", "message ClearResponse {\n  Failure error = 1;\n}"),
    ),
    edit(
        "deprecate a field of a response",
        ("api", "int64 stars = 3;", "int64 stars = 3 [deprecated = true];"),
    ),
)

_RATE = "  rpc RateNote(RateNoteRequest) returns (RateNoteResponse);\n"
_MOVED = "  rpc NoteHasBeenMoved(NoteHasBeenMovedRequest) returns (NoteHasBeenMovedResponse);\n"

HOOKS = (
    edit(
        "add a hook",
        before(
            "hooks",
            _RATE,
            "  rpc NoteHasBeenRead(ImplementedRequest) returns (NoteHasBeenMovedResponse);\n",
        ),
    ),
    edit("change the order of hooks", without("hooks", _RATE), before("hooks", _MOVED, _RATE)),
    edit(
        "rename a hook",
        ("hooks", "rpc RateNote(", "rpc NoteWantsStars("),
        told=(told("HookName.RateNote", "hooks", "rpc NoteWantsStars"),),
    ),
    edit(
        "delete a hook",
        without("hooks", _RATE),
        told=(told("HookName.RateNote", "hooks", "service NotesHooks"),),
    ),
    edit(
        "deprecate a hook",
        (
            "hooks",
            "(RateNoteResponse);",
            "(RateNoteResponse) {\n    option deprecated = true;\n  }",
        ),
    ),
    edit("add a field to a hook", after("hooks", "string user = 2;", "\n  string team = 3;")),
    edit(
        "add a field between those of a hook",
        after("hooks", "string from = 1;", "\n  string by = 3;"),
    ),
    edit(
        "change the order of a hook's fields",
        (
            "hooks",
            "  string from = 1;\n  string to = 2;\n",
            "  string to = 2;\n  string from = 1;\n",
        ),
    ),
    edit(
        "rename a field of a hook",
        ("hooks", "string user = 2;", "string reader = 2;"),
        told=(told("models.hooks.RateNoteRequest.user", "hooks", "string reader"),),
    ),
    edit(
        "delete a field of a hook",
        without("hooks", "  string user = 2;\n"),
        told=(told("HookName.RateNote(user)", "hooks", "message RateNoteRequest"),),
    ),
    edit(
        "give a field of a hook another type",
        ("hooks", "string user = 2;", "int64 user = 2;"),
        told=(told("HookName.RateNote(user)", "hooks", "int64 user"),),
    ),
    edit(
        "give the answer of a hook another type",
        ("hooks", "int32 stars = 2;", "string stars = 2;"),
        told=(told("HookName.RateNote", "hooks", "rpc RateNote"),),
    ),
    edit(
        "add a second value to the answer of a hook",
        after("hooks", "int32 stars = 2;", "\n  string reason = 3;"),
        told=(told("RateNote", "hooks", "rpc RateNote"),),
    ),
    edit(
        "take from a hook that it can change something",
        without("hooks", "  Note modified_note = 2;\n"),
        told=(told("HookName.NoteWillBeSaved", "hooks", "rpc NoteWillBeSaved"),),
    ),
)
