"""What does the server refuse of what an organizer asks? For the fake one of tests.

In: a request of `OrganizerOutbound`, and the ids of the sessions that are there. Out: nothing, or
the status that the server would answer, raised as a `StatusError`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from clapshot_organizer.models import (
    ClientDefineActionsRequest,
    ClientOpenMediaFileRequest,
    ClientSetCookiesRequest,
    ClientShowPageRequest,
    ClientShowUserMessageRequest,
    DbDeleteRequest,
    DbGetCommentsRequest,
    DbGetMediaFilesRequest,
    DbGetUserMessagesRequest,
)
from grpc import StatusCode
from plugwright_runtime.errors import StatusError

_ToSession = (
    ClientDefineActionsRequest,
    ClientOpenMediaFileRequest,
    ClientSetCookiesRequest,
    ClientShowPageRequest,
)


def check(request: Any, sessions: Collection[str]) -> None:
    """Raises StatusError if the server would not do it."""
    match request:
        case ClientShowUserMessageRequest():
            _check_message(request, sessions)
        case DbGetMediaFilesRequest():
            _check_read(request)
        case DbGetCommentsRequest() | DbGetUserMessagesRequest():
            _check_read(request)
            _check_ids(request.filter)
        case DbDeleteRequest():
            _check_numbers(request.subtitle_ids)
            _check_numbers(request.comment_ids)
            _check_numbers(request.user_message_ids)
        case _ if isinstance(request, _ToSession):
            _check_session(request.sid, sessions)
        case _:
            pass


def _check_message(request: ClientShowUserMessageRequest, sessions: Collection[str]) -> None:
    if request.msg is None:
        raise _invalid("there is no message")
    refs = request.msg.refs
    if refs is not None:
        found = (refs.comment_id, refs.subtitle_id)
        _check_numbers([number for number in found if number is not None])
    match request.recipient:
        case None:
            raise _invalid("the message has no recipient")
        case ClientShowUserMessageRequest.Recipient.Sid(sid):
            _check_session(sid, sessions)
        case _:
            pass


def _check_read(
    request: DbGetMediaFilesRequest | DbGetCommentsRequest | DbGetUserMessagesRequest,
) -> None:
    if request.filter is None:
        raise _invalid("there is no filter; use `all` to read everything")
    if request.paging is not None and request.paging.page_size == 0:
        raise _invalid("a page has no records: set page_size")


def _check_ids(filter: Any) -> None:
    match filter:
        case DbGetCommentsRequest.Filter.Ids(found):
            _check_numbers(found.ids)
        case DbGetUserMessagesRequest.Filter.Ids(found):
            _check_numbers(found.ids)
        case DbGetUserMessagesRequest.Filter.CommentId(id):
            _check_numbers([id])
        case _:
            pass


def _check_numbers(ids: Collection[str]) -> None:
    for id in ids:
        if not (id.isascii() and id.isdecimal()):
            raise _invalid(f"the id {id[:60]!r} is no number")


def _check_session(sid: str, sessions: Collection[str]) -> None:
    if sid not in sessions:
        text = f"there is no session {sid[:60]!r}"
        raise StatusError(text, code=StatusCode.INTERNAL)


def _invalid(text: str) -> StatusError:
    return StatusError(text, code=StatusCode.INVALID_ARGUMENT)
