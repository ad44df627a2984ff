"""Is what a proto calls secret shown nowhere: not in `repr`, logs, `pprint`, or errors?"""

from __future__ import annotations

import dataclasses
import importlib
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kit.generating.packages import Generated
from plugwright import generation
from plugwright.problems import GenerationError
from plugwright_runtime import codec
from plugwright_runtime.errors import HIDDEN, DecodeError, FieldError

SECRETS = {
    *("password", "pin", "rate", "tokens", "inners", "inner", "at", "claims", "codes"),
    *("by_pattern", "proof"),
}
# Shown by nobody: as a text, and in the digits of a number.
TEXT, NUMBER = "hunter2", 7040201


@pytest.fixture(scope="module")
def models(generated: Generated) -> Any:
    return importlib.import_module(generated.packages["secrets"]).models


def filled(models: Any) -> Any:
    login = models.Login
    return login(
        user="ann",
        password=TEXT,
        pin=NUMBER,
        rate=float(NUMBER),
        tokens={TEXT: NUMBER},
        inners={TEXT: models.Inner(number=NUMBER)},
        inner=models.Inner(number=NUMBER),
        claims={TEXT: NUMBER},
        codes=[NUMBER],
        by_pattern=TEXT,
        shown=True,
        proof=login.Proof.Code(NUMBER),
    )


def is_clean(text: str) -> bool:
    return TEXT not in text and str(NUMBER) not in text and "2020" not in text


def test_representations(models: Any, caplog: pytest.LogCaptureFixture) -> None:
    model = filled(models)
    hidden = {f.name for f in dataclasses.fields(model) if not f.repr}
    assert hidden == SECRETS
    logging.getLogger("test").warning("%s %r", model, [model])
    for text in (repr(model), f"{model}", pprint.pformat(model, width=20), caplog.text):
        assert is_clean(text)
        assert "user='ann'" in text
        assert "shown=True" in text
    assert repr(model.proof) == "Login.Proof.Code([hidden])"
    assert repr(models.Login.Proof.Card(models.Inner())).startswith("Login.Proof.Card(Inner(")


def test_what_is_hidden_is_there(models: Any) -> None:
    model = filled(models)
    whole = dataclasses.asdict(model)
    assert (whole["password"], whole["pin"], whole["proof"]) == (
        TEXT,
        NUMBER,
        {"code": NUMBER},
    )
    assert json.loads(codec.to_json(model))["password"] == TEXT
    assert codec.decode(models.Login, codec.encode(model)) == model


WRONG: dict[str, Callable[[Any], dict[str, Any]]] = {
    "password": lambda m: {"password": NUMBER},
    "pin": lambda m: {"pin": NUMBER * 10**30},
    "rate": lambda m: {"rate": NUMBER * 1e300},
    "tokens['...']": lambda m: {"tokens": {TEXT: NUMBER * 10**30}},
    "tokens key": lambda m: {"tokens": {NUMBER: 1}},
    "inners['...']": lambda m: {"inners": {TEXT: m.Inner(number=NUMBER * 10**30)}},
    "inners none": lambda m: {"inners": {TEXT: NUMBER}},
    "inner": lambda m: {"inner": m.Inner(number=NUMBER * 10**30)},
    "inner.counts['...']": lambda m: {"inner": m.Inner(counts={TEXT: TEXT})},
    "inner model": lambda m: {"inner": NUMBER},
    "at": lambda m: {"at": datetime(2020, 1, 1)},
    "claims": lambda m: {"claims": {TEXT: NUMBER * 10**30 + 1}},
    "codes": lambda m: {"codes": [NUMBER * 10**30]},
    "by_pattern": lambda m: {"by_pattern": f"{TEXT}\ud800"},
    "proof": lambda m: {"proof": m.Login.Proof.Code(NUMBER * 10**30)},
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_of_encoding(models: Any, name: str) -> None:
    model = models.Login(user="ann", **WRONG[name](models))
    for write in (codec.encode, codec.to_json):
        with pytest.raises(FieldError) as caught:
            write(model)
        error = caught.value
        assert error.path.startswith("Login.")
        assert is_clean("".join(traceback.format_exception(error)))
        assert is_clean(repr(error) + repr(pickle.loads(pickle.dumps(error)).__dict__))
        assert error.value is HIDDEN
    user = models.Login(user=NUMBER)
    with pytest.raises(FieldError, match=f"Login.user: expected str, got int {NUMBER}"):
        codec.encode(user)


@pytest.mark.parametrize(
    "json_text",
    [
        f'{{"pin": "{TEXT}"}}',
        f'{{"pin": {NUMBER}0000000000}}',
        f'{{"rate": "{TEXT}"}}',
        f'{{"tokens": {{"a": "{TEXT}"}}}}',
        f'{{"inners": {{"{TEXT}": {{"number": "{TEXT}"}}}}}}',
        f'{{"inner": {{"number": "{TEXT}"}}}}',
        f'{{"inner": {{"{TEXT}": 1}}}}',
        f'{{"claims": "{TEXT}"}}',
        f'{{"codes": "{TEXT}"}}',
        f'{{"code": "{TEXT}"}}',
        f'{{"card": {{"login": {{"pin": "{TEXT}"}}}}}}',
    ],
)
def test_errors_of_decoding(models: Any, json_text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        codec.from_json(models.Login, json_text)
    assert is_clean("".join(traceback.format_exception(caught.value)))
    assert "Failed to parse" in str(caught.value)
    with pytest.raises(DecodeError, match="hunter3"):
        codec.from_json(models.Inner, '{"number": "hunter3"}')


@pytest.mark.parametrize(
    ("json_text", "shown"),
    [
        (
            f'{{"tokens": {{"{TEXT}": 1, "{TEXT}": 2}}}}',
            r"\[hidden\] is there twice in one object",
        ),
        (
            f'{{"claims": {{"a": [{{"{TEXT}": 1, "{TEXT}": 2}}]}}}}',
            r"\[hidden\] is there twice in one object",
        ),
        ('{"password": "a", "password": "b"}', "'password' is there twice"),
        (
            f'{{"inners": {{"{TEXT}": []}}}}',
            "Login.inners: expected a JSON object, got list",
        ),
    ],
)
def test_errors_of_json_with_secret_keys(models: Any, json_text: str, shown: str) -> None:
    with pytest.raises(DecodeError, match=shown) as caught:
        codec.from_json(models.Login, json_text)
    assert is_clean("".join(traceback.format_exception(caught.value)))


def test_an_option_that_no_field_has(tmp_path: Path) -> None:
    (tmp_path / "a.proto").write_text(
        'syntax = "proto3"; package a; import "google/protobuf/descriptor.proto";'
        "extend google.protobuf.FieldOptions { bool hidden = 50001; bool other = 50002; }"
        "message M { string s = 1 [(other) = true]; }"
    )
    config = tmp_path / "plugwright.toml"
    config.write_text('[sdk]\npackage = "x"\n[fields]\nsecret-options = ["a.hidden"]\n')
    with pytest.raises(GenerationError) as caught:
        generation.render(generation.configured(config, (), None), lambda text: None)
    text = str(caught.value)
    assert "no field has the option 'a.hidden' of fields.secret-options" in text
    assert "by full name: a.other" in text
