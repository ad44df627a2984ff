"""Do two generated packages work together if one has types that the other uses?"""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit.generating.cases import PACKAGE, Case
from kit.generating.packages import (
    Generated,
    import_failures,
    modules,
    mypy,
    pyright,
    write_package,
)
from kit.places import CASES
from plugwright import generation
from plugwright_runtime import codec
from plugwright_runtime.errors import FieldError, UnknownTypeError
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.message.wkt import AnyMessage
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

# ---------------------------------------------------------------- the case


@dataclass(frozen=True)
class Pair:
    """The packages of the case `reuse`: `shop` uses the types of `types`."""

    shop: Any
    types: Any


@pytest.fixture
def pair(generated: Generated) -> Pair:
    shop = importlib.import_module(generated.packages["reuse"])
    return Pair(shop, importlib.import_module("shared_types"))


def _request(pair: Pair) -> Any:
    money, currency = pair.types.models.Money, pair.types.models.Currency
    split = money.Kind.Split(money(units=2, kind=money.Kind.Gift(True)))
    price = money(units=5, currency=currency.EUR, kind=split, label="x")
    return pair.shop.models.BuyRequest(
        price=price,
        fees=[money(units=1), money()],
        discounts={"a": money(rounding=money.Rounding.DOWN)},
        currency=currency.EUR,
        rounding=money.Rounding.EVEN,
        pay=pair.shop.models.BuyRequest.Pay.Cash(price),
    )


def test_nothing_is_emitted_twice() -> None:
    files = {f.path for f in Case(CASES / "reuse").generate()}
    assert f"{PACKAGE}/_reused.py" in files
    assert [f for f in files if "shared" in f] == []


def test_the_registry_gives_the_models_of_the_other_package(pair: Pair) -> None:
    registry = pair.shop.registry
    assert registry.message("shared.Money") is pair.types.models.Money
    assert registry.message("shared.Rate") is pair.types.models.Rate
    assert registry.enum("shared.Currency") is pair.types.models.Currency
    assert registry.codec("shared.Money") is pair.types.models.Money.__codec__
    assert set(registry.messages()) == {
        "shop.BuyRequest",
        "shop.BuyResponse",
        "shop.Receipt",
    }
    with pytest.raises(UnknownTypeError):
        registry.message("shared.Unused")


def test_models_survive_the_wire_and_json(pair: Pair) -> None:
    request = _request(pair)
    cls = type(request)
    assert codec.decode(cls, codec.encode(request)) == request
    assert codec.from_json(cls, codec.to_json(request)) == request
    money = codec.decode(cls, codec.encode(request)).price
    assert type(money) is pair.types.models.Money
    assert codec.decode(type(money), codec.encode(money)) == request.price


def test_unknown_fields_of_a_reused_message_are_kept(pair: Pair) -> None:
    newer = b"\x0a\x05\x08\x05\xf8\x06\x07"  # price: units = 5, and a field 111 = 7
    cls = pair.shop.models.BuyRequest
    request = codec.decode(cls, newer)
    assert request.price.units == 5
    assert codec.encode(request) == newer
    dropped = codec.decode(cls, newer, keep_unknown=False)
    assert codec.encode(dropped) == b"\x0a\x02\x08\x05"


def test_an_any_holds_a_reused_message(pair: Pair) -> None:
    money = pair.types.models.Money(units=3)
    request = pair.shop.models.BuyRequest(note=AnyMessage.pack(money))
    assert pair.shop.registry.unpack(request.note) == money
    text = codec.to_json(request)
    assert '"units": "3"' in text
    assert codec.from_json(type(request), text) == request


def test_a_wrong_value_in_a_reused_message_is_named(pair: Pair) -> None:
    request = _request(pair)
    request.discounts["a"].units = "no"
    with pytest.raises(FieldError, match=r"BuyRequest\.discounts\['a'\]\.units"):
        codec.encode(request)
    request = pair.shop.models.BuyRequest(price=pair.types.models.Rate())
    with pytest.raises(FieldError, match=r"BuyRequest\.price: expected Money, got Rate"):
        codec.encode(request)


def test_a_model_of_a_third_package_is_no_model_of_this_one(pair: Pair, on_path: Path) -> None:
    job = Case(CASES / "reuse").needed()
    assert job is not None
    files = generation.render(job, lambda text: None)
    name = f"other_{secrets.token_hex(4)}"
    write_package(files, "shared_types", on_path, name)
    other = importlib.import_module(name)
    request = pair.shop.models.BuyRequest(price=other.models.Money(units=1))
    with pytest.raises(FieldError, match=r"BuyRequest\.price: expected Money"):
        codec.encode(request)


def _shop(pair: Pair) -> Any:
    class Shop(pair.shop.servicers.ShopServicer):
        def buy(self, request: Any, context: Any, /) -> Any:
            receipt = pair.shop.models.Receipt(total=request.price)
            return pair.shop.models.BuyResponse(receipt=receipt)

        def convert(self, request: Any, context: Any, /) -> Any:
            return pair.types.models.Money(units=2 * request.units)

        def watch(self, request: Any, context: Any, /) -> Iterator[Any]:
            for _ in range(request.units):
                yield pair.shop.models.Receipt(total=request)

    return Shop()


def test_calls_carry_reused_messages(pair: Pair) -> None:
    pool = HandlerPool()
    server = BackgroundServer(lambda place: [handlers(_shop(pair), pool, place)])
    address = server.start()
    money = pair.types.models.Money(units=3, currency=pair.types.models.Currency.EUR)
    try:
        with pair.shop.clients.ShopClient(address) as client:
            assert client.buy(price=money).total == money
            assert client.convert(money).units == 6
            assert list(client.watch(money)) == [pair.shop.models.Receipt(total=money)] * 3
    finally:
        server.stop()
        pool.shutdown()


_CONSUMER = """
from __future__ import annotations

from typing import assert_type

from plugwright_runtime.rpc.servicer import ServerContext
from shared_types.models import Currency, Money
from shop.clients import ShopClient
from shop.models import BuyRequest, Receipt
from shop.servicers import ShopServicer


def use(client: ShopClient) -> None:
    cash = BuyRequest.Pay.Cash(Money())
    receipt = client.buy(price=Money(), currency=Currency.EUR, pay=cash)
    assert_type(receipt, Receipt | None)
    assert_type(client.convert(Money(units=1)), Money)
    for each in client.watch(Money()):
        assert_type(each.total, Money | None)


class Shop(ShopServicer):
    def convert(self, request: Money, context: ServerContext, /) -> Money:
        return request
"""


def test_both_checkers_see_one_type(tmp_path: Path) -> None:
    case = Case(CASES / "reuse")
    root, cache = tmp_path / "root", tmp_path / "cache"
    job = case.needed()
    assert job is not None
    write_package(generation.render(job, lambda text: None), "shared_types", root)
    write_package(case.generate(), PACKAGE, root, "shop")
    wrong = _CONSUMER.replace("price=Money()", "price=Receipt()")
    for consumer, text in (("right", _CONSUMER), ("wrong", wrong)):
        (root / consumer).mkdir()
        (root / consumer / "__init__.py").write_text(text)
    cache.mkdir()
    for said, mistake in (
        (mypy(root, cache), 'incompatible type "Receipt"'),
        (pyright(root), "reportArgumentType"),
    ):
        places = [line.partition(":")[0] for line in said.splitlines() if ".py:" in line]
        assert {Path(place).parent.name for place in places} == {"wrong"}, said
        assert mistake in said


# ---------------------------------------------------------------- other versions

_MONEY = """
syntax = "proto3";
package shared;
message Money { int64 units = 1; Unit unit = 2; Rate rate = 3; }
message Rate { double value = 1; }
enum Unit { NONE = 0; CENT = 1; }
message Spare {}
"""
_SHOP = """
syntax = "proto3";
package shop;
import "money.proto";
message Price { shared.Money money = 1; shared.Unit unit = 2; }
"""

Make = Callable[..., str]


@pytest.fixture
def make(on_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Generates a package of protos (name -> text) and says what it is called."""

    def make(protos: dict[str, str], settings: str = "", name: str = "") -> str:
        name = name or f"made_{secrets.token_hex(4)}"
        folder = tmp_path_factory.mktemp(name)
        for path, text in protos.items():
            (folder / path).write_text(text)
        config = folder / "plugwright.toml"
        config.write_text(f'[sdk]\npackage = "{name}"\n{settings}')
        job = generation.configured(config, (), None)
        write_package(generation.render(job, lambda text: None), name, on_path)
        return name

    return make


def _user(make: Make, types: str) -> str:
    reuse = f'[reuse]\n"money.proto" = "{types}"\n'
    return make({"shop.proto": _SHOP, "money.proto": _MONEY}, reuse)


_HOOKS = """
syntax = "proto3";
package shop;
import "money.proto";
service Api { rpc Rate(shared.Money) returns (RateResponse); }
service Hooks {
  rpc WillPay(WillPayRequest) returns (WillPayResponse);
  rpc Direct(shared.Money) returns (WillPayResponse);
}
message RateResponse { shared.Rate rate = 1; }
message WillPayRequest { shared.Money money = 1; repeated shared.Money more = 2; }
message WillPayResponse { shared.Money modified_money = 1; string rejection_reason = 2; }
"""


def test_hooks_take_and_give_reused_messages(make: Make) -> None:
    types = make({"money.proto": _MONEY})
    settings = '[api]\nservice = "Api"\n[hooks]\nservice = "Hooks"\n'
    reuse = f'[reuse]\n"money.proto" = "{types}"\n'
    name = make({"hooks.proto": _HOOKS, "money.proto": _MONEY}, settings + reuse)
    sdk, testing = importlib.import_module(name), importlib.import_module(f"{name}.testing")
    models = importlib.import_module(types).models

    class Payer(sdk.Plugin):
        @sdk.hook("WillPay")
        def will_pay(self, money: Any, more: list[Any]) -> Any:
            rate = self.api.rate(money)
            return models.Money(units=money.units + len(more), rate=rate)

        @sdk.hook("Direct")
        def direct(self, units: int, unit: Any, rate: Any) -> Any:
            assert (type(unit), type(rate)) == (models.Unit, models.Rate)
            return models.Money(units=units)

    with testing.PluginHarness(Payer) as harness:
        rate = models.Rate(value=2.5)
        harness.api.on("Rate", sdk.models.RateResponse(rate=rate))
        money = models.Money(units=1)
        answer = harness.hooks.will_pay(money=money, more=[money, money])
        assert answer.modified_money == models.Money(units=3, rate=rate)
        answer = harness.hooks.direct(models.Money(units=4))
        assert answer.modified_money == models.Money(units=4)


def test_a_newer_package_may_know_more(make: Make) -> None:
    text = _MONEY.replace("message Rate {", "message Rate { Odd odd = 9; string by = 2;")
    text += 'message Odd { string text = 1; }\nimport "google/protobuf/wrappers.proto";\n'
    text = text.replace("rate = 3;", "rate = 3; google.protobuf.Int32Value count = 4;")
    types = importlib.import_module(make({"money.proto": text}))
    shop = importlib.import_module(_user(make, types.__name__))
    rate = types.models.Rate(by="x", odd=types.models.Odd(text="y"))
    price = shop.models.Price(money=types.models.Money(rate=rate, count=0))
    assert codec.decode(shop.models.Price, codec.encode(price)) == price
    assert codec.from_json(shop.models.Price, codec.to_json(price)) == price


def test_selected_parts_fit_together(make: Make) -> None:
    types = make({"money.proto": _MONEY}, '[select]\nmessages = ["Money"]\n')
    name = _user(make, types)
    shop = importlib.import_module(name)
    money = importlib.import_module(types).models.Money(units=1)
    price = shop.models.Price(money=money)
    assert codec.decode(shop.models.Price, codec.encode(price)) == price


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("int64 units = 1;", "", "needs shared.Money.units, which is missing in"),
        (
            "int64 units = 1",
            "int64 units = 7",
            "shared.Money.units, which is another one",
        ),
        ("int64 units", "string units", "shared.Money.units, which is another one"),
        ("int64 units", "optional int64 units", "shared.Money.units, which is another"),
        ("double value = 1;", "", "needs shared.Rate.value, which is missing in"),
        ("CENT = 1;", "", "needs shared.Unit.CENT, which is missing in"),
        ("enum Unit", "enum Unity", "needs shared.Unit of"),
    ],
)
def test_an_older_package_is_an_error_of_the_import(
    make: Make, old: str, new: str, text: str
) -> None:
    other = _MONEY.replace(old, new)
    other = other.replace("Unit unit", "Unity unit") if "Unity" in new else other
    assert other != _MONEY
    types = make({"money.proto": other})
    name = _user(make, types)
    with pytest.raises(ImportError, match=text) as caught:
        importlib.import_module(name)
    assert f"{name} needs" in str(caught.value)
    assert types in str(caught.value)
    assert caught.value.name == types


def test_what_the_other_package_left_out_is_an_error(make: Make) -> None:
    types = make({"money.proto": _MONEY}, '[select]\nmessages = ["Spare"]\n')
    with pytest.raises(ImportError, match=r"needs shared.Money of .* selected"):
        importlib.import_module(_user(make, types))


def test_a_missing_package_is_an_error_that_names_both(make: Make) -> None:
    name = _user(make, "types_not_here")
    with pytest.raises(ImportError, match=f"{name} needs the package types_not_here"):
        importlib.import_module(name)
    with pytest.raises(ImportError, match="whose types it uses; install it"):
        importlib.import_module(_user(make, "no_company.types"))


def test_a_package_of_something_else_is_an_error(make: Make) -> None:
    name = _user(make, "xml")
    with pytest.raises(ImportError, match=f"{name} needs the package xml as plugwright"):
        importlib.import_module(name)


def test_a_failure_inside_the_other_package_is_shown_as_it_is(make: Make, on_path: Path) -> None:
    types = make({"money.proto": _MONEY})
    broken = on_path / types / "_package.py"
    broken.write_text("import no_such_module\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        importlib.import_module(_user(make, types))


def test_a_chain_of_packages(make: Make) -> None:
    base = {"base.proto": 'syntax = "proto3";\npackage b;\nmessage Base { string s = 1; }'}
    middle = {
        "middle.proto": 'syntax = "proto3";\npackage m;\nimport "base.proto";\n'
        "message Middle { b.Base base = 1; }"
    }
    top = {
        "top.proto": 'syntax = "proto3";\npackage t;\nimport "middle.proto";\n'
        "message Top { m.Middle middle = 1; }"
    }
    bottom = make(base)
    between = make(base | middle, f'[reuse]\n"base.proto" = "{bottom}"\n')
    own = f'[reuse]\n"middle.proto" = "{between}"\n"base.proto" = '
    name = make(base | middle | top, f'{own}"{bottom}"\n')
    sdk = importlib.import_module(name)
    made = importlib.import_module(bottom).models.Base(s="x")
    middles = importlib.import_module(between).models
    value = sdk.models.Top(middle=middles.Middle(base=made))
    assert codec.decode(sdk.models.Top, codec.encode(value)) == value
    assert sdk.registry.message("b.Base") is type(made)
    wrong = make(base | middle | top, f'{own}"{between}"\n')
    with pytest.raises(ImportError, match=rf"takes it from {bottom}: name that in \[reuse\]"):
        importlib.import_module(wrong)


def test_packages_that_use_each_other(make: Make) -> None:
    head = 'syntax = "proto3";\npackage p;\n'
    leaves = {f"{x}.proto": f"{head}message Leaf{x} {{ int32 n = 1; }}" for x in "AB"}
    uses = '{head}import "{x}.proto";\nmessage Has{x} {{ Leaf{x} x = 1; }}'
    one, two = (f"made_{secrets.token_hex(4)}" for _ in range(2))
    own = {"hasb.proto": uses.format(head=head, x="B")}
    make(leaves | own, f'[reuse]\n"B.proto" = "{two}"\n', one)
    own = {"hasa.proto": uses.format(head=head, x="A")}
    make(leaves | own, f'[reuse]\n"A.proto" = "{one}"\n', two)
    first, second = importlib.import_module(one), importlib.import_module(two)
    value = first.models.HasB(x=second.models.LeafB(n=1))
    assert codec.decode(type(value), codec.encode(value)) == value
    value = second.models.HasA(x=first.models.LeafA(n=1))
    assert codec.decode(type(value), codec.encode(value)) == value


def test_a_file_that_does_not_fit_is_an_error(make: Make) -> None:
    """The other package's newer file imports one that this package has generated itself."""
    extra = 'syntax = "proto3";\npackage shared;\nmessage Extra {}\n'
    newer = _MONEY.replace("message Money {", "message Money { Extra extra = 8; More more = 9;")
    newer = newer.replace('"proto3";', '"proto3";\nimport "extra.proto";')
    types = make({"money.proto": newer, "extra.proto": extra + "message More {}"})
    reuse = f'[reuse]\n"money.proto" = "{types}"\n'
    protos = {"shop.proto": _SHOP, "money.proto": _MONEY, "extra.proto": extra}
    sdk = importlib.import_module(make(protos, reuse))
    codec.encode(sdk.models.Extra())
    with pytest.raises(ImportError, match="does not fit the protos of"):
        codec.encode(sdk.models.Price())


def test_what_was_generated_imports_and_depends_on_the_other(make: Make, on_path: Path) -> None:
    types = make({"money.proto": _MONEY})
    name = _user(make, types)
    assert import_failures(on_path, modules(on_path / name)) == ""
    project = {f.path: f.text for f in Case(CASES / "reuse").generate()}["pyproject.toml"]
    assert '    "shared-types>=1",\n' in project
