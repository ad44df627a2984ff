"""What does generated code take from the runtime? One constant for each name, called as that name.

This is the generator's half of the contract with the runtime: a name that moves there is moved
here, and nowhere else. Planners and templates use the constants; no other module of the generator
spells the runtime's modules.
"""

from __future__ import annotations

from typing import NamedTuple

from .symbols import Symbol

PACKAGE = "plugwright_runtime"
SCRIPT = f"{PACKAGE}.script"
"""Run with `-m` by the start script of a bundle."""


class _Module(NamedTuple):
    """A module of the runtime; `late`: it takes time to load, and generated code can wait."""

    path: str
    late: bool = False

    def __call__(self, name: str) -> Symbol:
        return Symbol(f"{PACKAGE}.{self.path}", name, self.late)

    def all(self, *names: str) -> tuple[Symbol, ...]:
        return tuple(self(name) for name in names)


expect_version = Symbol(PACKAGE, "expect_version")

_lazy = _Module("lazy")
lazy_module = _lazy("lazy_module")
lazy_names = _lazy("lazy_names")

_deprecation = _Module("deprecation")
deprecated = _deprecation("deprecated")
deprecated_fields = _deprecation("deprecated_fields")
deprecated_members = _deprecation("deprecated_members")

_errors = _Module("errors")
Unimplemented = _errors("Unimplemented")
HookRegistrationError = _errors("HookRegistrationError")
STATUS_ERRORS = _errors.all(
    *("Abort", "AlreadyExistsError", "NotFoundError", "PermissionDeniedError", "PluginAPIError"),
    *("StatusError", "UnavailableError", "Unimplemented", "ValidationError"),
)
"""What a status can stand for."""
VALUE_ERRORS = _errors.all("DecodeError", "FieldError")
"""What is raised for a message that cannot be read or written."""
BrokerError = _errors("BrokerError")

# ---------------------------------------------------------------------- messages

_model = _Module("message.model")
Model = _model("Model")
OneofCase = _model("OneofCase")
OpenEnum = _model("OpenEnum")
ClosedEnum = _model("ClosedEnum")
EMPTY_DICT = _model("EMPTY_DICT")
EMPTY_LIST = _model("EMPTY_LIST")
UNSET = _model("UNSET")

_package = _Module("message.package")
Package = _package("Package")

_reuse = _Module("message.reuse")
check = _reuse("check")
reader = _reuse("reader")
writer = _reuse("writer")

_wire = _Module("message.wire")
ALL = _wire("ALL")
LONG = _wire("LONG")
NO_BYTES = _wire("NO_BYTES")
NO_TEXT = _wire("NO_TEXT")
ZERO = _wire("ZERO")
UnknownFieldSet = _wire("UnknownFieldSet")
all_text = _wire("all_text")
boolean = _wire("boolean")
enum_table = _wire("enum_table")
expect_model = _wire("expect_model")
extend_text = _wire("extend_text")
float32 = _wire("float32")
listed = _wire("listed")
long_list = _wire("long_list")
missing = _wire("missing")
new = _wire("new")
new_case = _wire("new_case")
not_a_case = _wire("not_a_case")
put_text = _wire("put_text")
set_in_parent = _wire("set_in_parent")
text = _wire("text")

_unchecked_maps = _Module("message.unchecked_maps")
read_entries = _unchecked_maps("read_entries")
write_entries = _unchecked_maps("write_entries")

_unknown = _Module("message.unknown")
SURE = _unknown("SURE")
rest = _unknown("rest")

_unknown_inside = _Module("message.unknown_inside")
kept = _unknown_inside("kept")
put_back = _unknown_inside("put_back")

_json_bytes = _Module("rpc.json_bytes")
dump = _json_bytes("dump")
load = _json_bytes("load")
load_nullable = _json_bytes("load_nullable")

_wkt = _Module("message.wkt", late=True)
AnyMessage = _wkt("AnyMessage")
Empty = _wkt("Empty")
FieldMask = _wkt("FieldMask")
JSONObject = _wkt("JSONObject")
JSONValue = _wkt("JSONValue")
NULL = _wkt("NULL")
NanoDatetime = _wkt("NanoDatetime")
NanoTimedelta = _wkt("NanoTimedelta")
RawDatetime = _wkt("RawDatetime")
RawTimedelta = _wkt("RawTimedelta")
read_any = _wkt("read_any")
read_duration = _wkt("read_duration")
read_empty = _wkt("read_empty")
read_field_mask = _wkt("read_field_mask")
read_list_value = _wkt("read_list_value")
read_set_value = _wkt("read_set_value")
read_struct = _wkt("read_struct")
read_timestamp = _wkt("read_timestamp")
read_value = _wkt("read_value")
read_wrapper = _wkt("read_wrapper")
write_any = _wkt("write_any")
write_duration = _wkt("write_duration")
write_empty = _wkt("write_empty")
write_field_mask = _wkt("write_field_mask")
write_list_value = _wkt("write_list_value")
write_struct = _wkt("write_struct")
write_timestamp = _wkt("write_timestamp")
write_value = _wkt("write_value")
write_wrapper = _wkt("write_wrapper")

# ---------------------------------------------------------------------- calls and hooks

SyncClient = _Module("rpc.client_sync")("SyncClient")
AsyncClient = _Module("rpc.client_async")("AsyncClient")

_client = _Module("rpc.client")
ClientOptions = _client("ClientOptions")
Metadata = _client("Metadata")
filled = _client("filled")
given = _client("given")
present = _client("present")

_conventions = _Module("rpc.conventions")
CodeErrors = _conventions("CodeErrors")
DiagnosticErrors = _conventions("DiagnosticErrors")
MessageErrors = _conventions("MessageErrors")
StatusErrors = _conventions("StatusErrors")

_servicer = _Module("rpc.servicer")
Replies = _servicer("Replies")
Reply = _servicer("Reply")
Requests = _servicer("Requests")
Rpc = _servicer("Rpc")
ServerContext = _servicer("ServerContext")
Servicer = _servicer("Servicer")

_spec = _Module("hooks.spec")
Answer = _spec("Answer")
DISMISS = _spec("DISMISS")
Dismiss = _spec("Dismiss")
HookSpec = _spec("HookSpec")
Reject = _spec("Reject")

HookTable = _Module("hooks.table")("HookTable")

_plugin = _Module("hooks.plugin")
PluginBase = _plugin("PluginBase")
ServicePlugin = _plugin("ServicePlugin")

_http = _Module("http", late=True)
HTTPHandler = _http("HTTPHandler")
HTTP = _http.all(
    *("HTTPResult", "JSONResponse", "Request", "Response", "StreamingResponse", "asgi", "wsgi")
)
"""What a plugin that answers HTTP requests is made of."""

# ---------------------------------------------------------------------- processes

_started = _Module("process.started")
prepare_grpc = _started("prepare_grpc")
prepare_if_hosted = _started("prepare_if_hosted")

_launch = _Module("styles.launch", late=True)
Launch = _launch("Launch")
run = _launch("run")

GoPlugin = _Module("styles.goplugin.style")("GoPlugin")
SocketArgument = _Module("styles.socket_argument")("SocketArgument")
PortOnStdout = _Module("styles.port_on_stdout")("PortOnStdout")

_testing = _Module("testing")
HarnessBase = _testing("HarnessBase")
AsyncHarnessBase = _testing("AsyncHarnessBase")
ServiceHarnessBase = _testing("ServiceHarnessBase")

# ---------------------------------------------------------------------- hosts

_hosts = _Module("hosts")
Api = _hosts("Api")
Host = _hosts("Host")
AsyncHost = _hosts("AsyncHost")
Options = _hosts("Options")

_hook_calls = _Module("hosts.hook_calls")
HooksBase = _hook_calls("HooksBase")
AsyncHooksBase = _hook_calls("AsyncHooksBase")
