"""An SDK that is generated again and again while its protos are edited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from plugwright import generation
from plugwright.surface import text

PACKAGE = "sdk"
CONFIG = f"""\
[sdk]
package = "{PACKAGE}"
out = "out"

[api]
service = "Api"
"""


class Evolving:
    """The protos of a folder, and what they give. `config`: of the SDK, which lies beside them."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.files: dict[str, str] = {}
        (folder / "plugwright.toml").write_text(config, encoding="utf-8")

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def generate(self, protos: str | Mapping[str, str], accept: bool = False) -> list[str]:
        """Generate from the protos, a text or several by file; returns the lines of the surface."""
        for old in self.folder.glob("*.proto"):
            old.unlink()
        files = {"api.proto": protos} if isinstance(protos, str) else protos
        for name, source in files.items():
            head = 'syntax = "proto3";\npackage p;\n'
            (self.folder / name).write_text(head + source, encoding="utf-8")
        job = generation.configured(self.folder, (), None)
        earlier = job.earlier._replace(accept=accept)
        made = generation.render(job._replace(earlier=earlier), lambda stage: None)
        self.files = {f.path.removeprefix(f"{PACKAGE}/"): f.text for f in made}
        for file in made:
            path = self.out / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        return self.files[text.NAME].splitlines()
