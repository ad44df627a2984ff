"""A plugin of the SDK between a fake host and a caller of its hooks, over real connections."""

from fresh_sdk import HookName, Plugin, hook
from fresh_sdk.models import GetNoteResponse, Note
from fresh_sdk.testing import PluginHarness


class Signing(Plugin):
    @hook(HookName.NoteWillBeKept)
    def note_will_be_kept(self, note: Note) -> Note:
        signature = self.api.get_note("signature")
        return Note(key=note.key, text=f"{note.text} {signature}")


def test_a_hook_that_calls_the_host() -> None:
    harness = PluginHarness(Signing)
    harness.api.on("GetNote", GetNoteResponse(text="-- ada"))
    with harness:
        answer = harness.hooks.note_will_be_kept(note=Note(key="k", text="hello"))
    assert answer.modified_note == Note(key="k", text="hello -- ada")
