"""Does any edit that protobuf calls compatible change a line of the surface that was there?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from kit.generating.evolving import CONFIG, Evolving

_CONFIG = f'{CONFIG}\n[hooks]\nservice = "Hooks"\n'
_TYPES = ("string", "int32", "bytes", "bool", "double", "M0", "E0", "repeated M0", "map<string,E0>")
_CALLS = ("KVGet", "GetURL", "Import", "Ping")


class _Protos:
    """Declarations as lists, so that each can be added to and put in another order."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.number = 0
        self.messages: dict[str, list[str]] = {}
        self.enums = {f"E{i}": [f"E{i}_{v} = {n};" for n, v in enumerate("AB")] for i in range(2)}
        for name in ("M0", "M1", "M2", "JoinedRequest"):
            self.messages[name] = [self.field() for _ in range(random.randint(1, 4))]
        self.messages["JoinedResponse"] = []
        self.calls: list[str] = []
        for name in _CALLS:
            self.call(name)
        self.moved: set[str] = set()

    def field(self) -> str:
        self.number += 1
        label = "deprecated = true" if self.random.random() < 0.2 else "deprecated = false"
        return f"{self.random.choice(_TYPES)} f{self.number} = {self.number} [{label}];"

    def call(self, name: str) -> None:
        request, response = f"{name}_Request", f"{name}_Response"
        self.messages[request] = [self.field() for _ in range(self.random.randint(0, 3))]
        self.messages[response] = [self.field() for _ in range(self.random.randint(0, 2))]
        self.calls.append(f"rpc {name}({request}) returns ({response});")

    def edit(self) -> None:
        random = self.random
        growing = [name for name in self.messages if name != "JoinedResponse"]
        kind = random.randrange(6)
        if kind == 0:
            fields = self.messages[random.choice(growing)]
            fields.insert(random.randint(0, len(fields)), self.field())
        elif kind == 1:
            for declared in (*self.messages.values(), self.calls):
                random.shuffle(declared)
        elif kind == 2:
            name = random.choice(list(self.enums))
            value = random.choice((f"{name}_C", f"{name}_2D", "OTHER"))
            self.number += 1
            self.enums[name].append(f"{value}{self.number} = {self.number};")
        elif kind == 3:
            twin = random.choice(("KvGet", "GetUrl", "import", "PING", "KVGetResponse"))
            if not any(f"rpc {twin}(" in call for call in self.calls):
                self.call(twin)
                self.calls.insert(0, self.calls.pop())
        elif kind == 4:
            self.number += 1
            self.messages[f"New{self.number}"] = [self.field()]
        else:
            self.moved.add(random.choice(["M1", "M2"]))

    def files(self) -> dict[str, str]:
        shown = {n: f"message {n} {{ {' '.join(fs)} }}" for n, fs in self.messages.items()}
        ordered = list(shown)
        self.random.shuffle(ordered)
        enums = [f"enum {n} {{ {' '.join(vs)} }}" for n, vs in self.enums.items()]
        services = f"service Api {{ {' '.join(self.calls)} }}"
        services += "service Hooks { rpc Joined(JoinedRequest) returns (JoinedResponse); }"
        base = "\n".join([*enums, shown["M0"]])
        here = [shown[n] for n in ordered if n not in {*self.moved, "M0"}]
        files = {
            "base.proto": base,
            "api.proto": 'import "base.proto";\n' + "\n".join([*here, services]),
        }
        if self.moved:
            moved = "\n".join(shown[n] for n in sorted(self.moved))
            files["moved.proto"] = f'import "base.proto";\n{moved}'
        return files


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_compatible_edits_change_no_line_that_was_there(seed: int) -> None:
    random = Random(seed)
    protos = _Protos(random)
    with tempfile.TemporaryDirectory() as folder:
        sdk = Evolving(Path(folder), _CONFIG)
        before = sdk.generate(protos.files())
        for _ in range(2):
            for _ in range(random.randint(1, 4)):
                protos.edit()
            after = sdk.generate(protos.files())
            assert [line for line in before if line not in after] == []
            before = after
