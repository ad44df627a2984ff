"""Is a plan a function of schema and settings alone, and are problems found before it is made?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.generating.cases import GOOD, Case, by_name
from kit.generating.failing import command
from plugwright import generation
from plugwright.plan import clients, context, hooks, models, plan, servicers
from plugwright.plan.naming import generated_files
from plugwright.protos.schema import Schema
from plugwright.settings.tables import Settings

PROTO = """syntax = "proto3";
package p.v1;
message Thing {}
message PutRequest { string name = 1; bytes data = 2; Thing thing = 3; }
message PutResponse { Thing thing = 1; }
message AskRequest { string name = 1; }
message AskResponse { string one = 1; string two = 2; }
service Store { rpc Put(PutRequest) returns (PutResponse); }
service Hooks { rpc Ask(AskRequest) returns (AskResponse); }
"""
CONFIG = """[sdk]
package = "sdk"
out = "."
[api]
service = "Store"
nullable = ["Nope"]
[api.domains]
Things = ["Get*"]
[hooks]
service = "Hooks"
omit = ["nope"]
startup = ["Nope"]
[hooks.before]
Nope = ["Ask"]
[launch]
style = "nope"
[parameters.defaults]
"PutRequest.name" = 7
[parameters.absent]
"PutRequest.thing" = "nope"
[fields]
json = ["nope"]
secret = ["nope"]
[error]
style = "nope"
"""
PLACES = """a.proto:8:17: Put is in no domain
a.proto:9:17: the response of Ask fits no hook family
plugwright.toml:6:1: 'Nope' in api.nullable matches nothing
plugwright.toml:7:2: 'Get*' in api.domains matches nothing
plugwright.toml:11:1: 'nope' in hooks.omit matches nothing
plugwright.toml:12:1: Hooks has no RPC 'Nope'
plugwright.toml:14:1: Ask answers with a value
plugwright.toml:14:1: there is no hook 'Nope'
plugwright.toml:16:1: style in [launch] must be
plugwright.toml:18:1: 'PutRequest.name' gives 7 to PutRequest.name
plugwright.toml:20:1: 'PutRequest.thing' must be 'empty' or 'refuse'
plugwright.toml:22:1: 'nope' in fields.json matches nothing
plugwright.toml:23:1: 'nope' in fields.secret matches nothing
plugwright.toml:25:1: 'nope' is no style of errors
"""


def of(case: Case) -> tuple[Schema, Settings]:
    job = case.job()
    return generation.schema(job, lambda text: None), job.settings


@pytest.mark.parametrize(**by_name(GOOD))
def test_the_same_input_gives_an_equal_plan(case: Case) -> None:
    schema, settings = of(case)
    first = plan(schema, settings)
    assert plan(schema, settings) == first
    assert of(case) == (schema, settings)


@pytest.mark.parametrize(**by_name(GOOD))
def test_no_planner_needs_another_one_to_have_run(case: Case) -> None:
    schema, settings = of(case)
    shared = context.made(schema, settings, generated_files(schema))
    forth = (
        tuple(models.modules(shared)),
        clients.plan(shared),
        tuple(servicers.modules(shared)),
        hooks.plan(shared),
    )
    back = (
        hooks.plan(shared),
        tuple(servicers.modules(shared)),
        clients.plan(shared),
        tuple(models.modules(shared)),
    )
    assert forth == back[::-1]


def test_problems_of_all_kinds_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.proto").write_text(PROTO)
    (tmp_path / "plugwright.toml").write_text(CONFIG)
    found = command(["generate", "plugwright.toml"], tmp_path).stderr.splitlines()
    wanted = PLACES.splitlines()
    assert [line[: len(start)] for line, start in zip(found, wanted, strict=True)] == wanted
