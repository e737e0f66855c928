"""The table of the MQL5 API is complete in itself and agrees with the reference where code depends on it."""

import json
import re
from importlib import resources

import pytest

from mql5host.api import Constant, Field, Param, Signature, load, parse_signature

API = load()
BUILTIN = {*API.sizes, "void"}
NAMES = {*API.constants, *API.enum_of_member, *API.variables, "NULL", "true", "false"}


def all_signatures() -> list[tuple[str, Signature]]:
    tables = (API.functions, API.handlers)
    return [(name, one) for table in tables for name, overloads in table.items() for one in overloads]


def test_a_signature_in_the_notation_of_mql5_is_taken_apart() -> None:
    assert parse_signature("int(const uchar &data[], string &text, uint flags=CP_UTF8, ...)") == Signature(
        "int",
        (
            Param("uchar", "data", const=True, reference=True, array=True),
            Param("string", "text", reference=True),
            Param("uint", "flags", default="CP_UTF8"),
        ),
        variadic=True,
    )


@pytest.mark.parametrize("text", ["int", "int(x)", "int(int a", "int(int a[)"])
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_signature(text)


def test_a_signature_accepts_as_many_arguments_as_it_has_parameters_without_defaults_to_all() -> None:
    (copy,) = API.functions["ArrayCopy"]
    assert [copy.accepts(n) for n in range(7)] == [False, False, True, True, True, True, False]
    (form,) = API.functions["StringFormat"]
    assert [form.accepts(n) for n in (0, 1, 40)] == [False, True, True]


def test_every_type_and_default_of_a_signature_is_known() -> None:
    known = BUILTIN | set(API.enums) | set(API.structs)
    for name, signature in all_signatures():
        assert {signature.returns.removesuffix(" *"), *(p.type for p in signature.params)} <= known, name
        defaults = " ".join(p.default or "" for p in signature.params if not (p.default or "").startswith("'"))
        assert set(re.findall(r"[A-Za-z_]\w*", defaults)) <= NAMES, name


def test_defaults_are_at_the_end_and_parameters_have_different_names() -> None:
    for name, signature in all_signatures():
        given = [p.default is not None for p in signature.params]
        assert given == sorted(given), name
        assert len({p.name for p in signature.params}) == len(signature.params), name


def test_every_field_of_a_structure_has_a_known_type() -> None:
    types = {field.type for fields in API.structs.values() for field in fields}
    assert types <= BUILTIN | set(API.enums)


def test_the_fields_of_a_tick_are_in_the_order_of_memory() -> None:
    assert API.structs["MqlTick"] == (
        Field("datetime", "time"),
        Field("double", "bid"),
        Field("double", "ask"),
        Field("double", "last"),
        Field("ulong", "volume"),
        Field("long", "time_msc"),
        Field("uint", "flags"),
        Field("double", "volume_real"),
    )
    assert sum(API.sizes[field.type] for field in API.structs["MqlTick"]) == 60


def test_no_name_means_two_things() -> None:
    members = [member for enum in API.enums.values() for member in enum]
    assert len(members) == len(set(members))
    assert not set(members) & set(API.constants)
    assert not set(API.functions) & (set(API.constants) | set(members) | set(API.structs))


def test_a_member_is_found_by_its_value_and_back() -> None:
    for enum, members in API.enums.items():
        assert len(set(members.values())) == len(members), enum
        for member, value in members.items():
            assert API.enum_member_name(enum, value) == member
            assert API.enum_value(member) == value
    assert API.enum_member_name("ENUM_ORDER_TYPE", 99) is None


def test_published_values_are_kept_and_private_ones_marked() -> None:
    assert API.enum_value("ORDER_TYPE_SELL") == 1
    assert API.enum_value("TRADE_RETCODE_DONE") == 10009
    assert API.constants["CP_UTF8"] == Constant("int", 65001)
    assert not API.is_private("ORDER_TYPE_SELL")
    assert API.is_private("MQL_TESTER")


def test_a_private_value_never_stands_among_the_published_ones() -> None:
    for enum, private in API.private_members.items():
        published = {value for member, value in API.enums[enum].items() if member not in private}
        assert private <= set(API.enums[enum])
        assert not published & {API.enums[enum][member] for member in private}


def test_functions_that_the_subset_forbids_are_not_in_the_table() -> None:
    assert not {"GetTickCount", "EnumToString", "printf", "sqrt", "fabs"} & set(API.functions)


def test_the_handler_of_a_transaction_takes_constant_references() -> None:
    (handler,) = API.handlers["OnTradeTransaction"]
    assert handler.returns == "void"
    assert all(param.const and param.reference for param in handler.params)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        API.constants["CP_UTF8"] = Constant("int", 0)  # type: ignore[index]


def test_the_file_says_where_it_comes_from() -> None:
    text = resources.files("mql5host").joinpath("api.json").read_text(encoding="utf-8")
    assert json.loads(text)["meta"]["sources"]
    assert text.isascii()
