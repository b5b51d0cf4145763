"""The stub says what the built module has, and the module has what the stub says."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mypy import stubtest

import pyproxy.rust_core

if TYPE_CHECKING:
    from types import ModuleType

STUB = Path(pyproxy.rust_core.__file__ or "").with_name("rust_core.pyi")
TREE = ast.parse(STUB.read_text())

Members = dict[str, list[str] | None]


def public(name: str) -> bool:
    return not name.startswith("_") or name in {"__bool__", "__len__", "__version__"}


def parameters_of(stub: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in stub.args.posonlyargs + stub.args.args + stub.args.kwonlyargs]


def stub_members(body: list[ast.stmt]) -> Members:
    """The public names of a stub: parameters for functions, None for everything else."""
    members: Members = {}
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) if public(name):
                decorators = {decorator.id for decorator in statement.decorator_list if isinstance(decorator, ast.Name)}
                members[name] = None if "property" in decorators else parameters_of(statement)
            case ast.AnnAssign(target=ast.Name(id=name)) if public(name):
                members[name] = None
            case ast.ClassDef(name=name) if public(name):
                members[name] = None
            case _:
                pass
    return members


def built_members(owner: type | ModuleType) -> Members:
    """The same of what was built."""
    names = {name: value for name, value in vars(owner).items() if public(name)}
    return {
        name: list(inspect.signature(value).parameters) if callable(value) and not isinstance(value, type) else None
        for name, value in names.items()
    }


CLASSES = {statement.name: statement for statement in TREE.body if isinstance(statement, ast.ClassDef) and public(statement.name)}


def test_the_module_has_the_names_of_its_stub_and_no_other() -> None:
    assert built_members(pyproxy.rust_core) == stub_members(TREE.body)
    exported = next(statement.value for statement in TREE.body if isinstance(statement, ast.Assign))
    assert sorted(pyproxy.rust_core.__all__) == sorted(ast.literal_eval(exported)) == sorted(stub_members(TREE.body))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_has_the_members_and_parameters_of_its_stub_and_no_other(name: str) -> None:
    built = getattr(pyproxy.rust_core, name)
    assert built_members(built) == stub_members(CLASSES[name].body)
    assert built.__module__ == "pyproxy.rust_core"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_is_made_as_its_stub_says_or_not_at_all(name: str) -> None:
    built = getattr(pyproxy.rust_core, name)
    made = next((member for member in CLASSES[name].body if isinstance(member, ast.FunctionDef) and member.name == "__new__"), None)
    if made:
        assert list(inspect.signature(built).parameters) == parameters_of(made)[1:]
    elif not issubclass(built, Exception):
        with pytest.raises(TypeError, match="cannot create"):
            built()


def test_everything_public_has_a_docstring() -> None:
    for name, value in vars(pyproxy.rust_core).items():
        if public(name) and callable(value):
            assert value.__doc__, name
    for node in ast.walk(TREE):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_mypy_finds_no_difference_either(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # what is checked is what is installed
    failed = stubtest.test_stubs(stubtest.parse_options(["pyproxy.rust_core"]))
    assert not failed, capsys.readouterr().out
