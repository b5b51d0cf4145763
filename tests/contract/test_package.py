"""What others rely on: names, the exception tree, what the package says of itself, and which build is under test."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pytest

import pyproxy
import pyproxy.rust_core
from pyproxy import errors
from pyproxy.config import Config
from pyproxy.config.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGE = Path(pyproxy.__file__ or "").parent
PACKAGES = ["pyproxy", *(found.name for found in pkgutil.walk_packages([str(PACKAGE)], "pyproxy.") if found.ispkg)]
MODULES = [
    name.name for name in pkgutil.walk_packages([str(PACKAGE)], "pyproxy.") if name.name not in ("pyproxy.__main__", "pyproxy.rust_core")
]


def test_the_public_names_are_these() -> None:
    managers = ["ConcurrencyController", "EnhancedFallbackManager", "PollingPoolManager", "TaskGroupManager"]
    assert sorted(pyproxy.__all__) == sorted(
        [*managers, "Completion", "CompletionChunk", "LLMNode", "LLMWrapperFactory", "Sidecar", "errors"]
    )
    for name in pyproxy.__all__:
        assert getattr(pyproxy, name).__doc__
    assert not hasattr(pyproxy, "LiteLLM")


def test_importing_the_package_loads_neither_a_server_nor_a_client(tmp_path: Path) -> None:
    code = "import sys, pyproxy; sys.exit(', '.join({'fastapi', 'uvicorn', 'httpx2', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("name", MODULES)
def test_every_name_that_a_module_exports_is_there(name: str) -> None:
    module = importlib.import_module(name)
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported)


def test_the_tree_of_errors_is_as_it_is_drawn() -> None:
    drawn: dict[str, tuple[str, str]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([│├└─ ]*)([A-Z]\w+)(?: +(\d{3})?.*)?$", line)
        if found is None or (" " in line.strip() and not found[1] and found[2] != "PyproxyError"):
            continue
        depth = len(found[1]) // 4
        path[depth:] = [found[2]]
        drawn[found[2]] = (path[depth - 1] if depth else "Exception", found[3] or "")
    real = {name: getattr(errors, name) for name in errors.__all__}
    assert {name: parent for name, (parent, _) in drawn.items()} == {name: kind.__base__.__name__ for name, kind in real.items()}
    for name, (_, status) in drawn.items():
        if status:
            assert str(real[name].status) == status


def test_every_error_is_exported_and_each_code_is_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PyproxyError)]
    assert {kind.__name__ for kind in kinds} == set(errors.__all__)
    codes = [kind.code for kind in kinds if issubclass(kind, errors.RequestError) and kind is not errors.RequestError]
    assert len(codes) == len(set(codes))
    assert all(kind.__doc__ for kind in kinds)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_says_in_a_line_what_it_holds(name: str) -> None:
    doc = importlib.import_module(name).__doc__ or ""
    assert doc.partition("\n")[0].strip()
    assert len(doc.partition("\n")[0]) <= 140


def test_every_folder_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def every_model(kind: type[Settings] = Settings) -> list[type[Settings]]:
    return [found for child in kind.__subclasses__() for found in (child, *every_model(child))]


def test_every_setting_is_described() -> None:
    models = [model for model in every_model() if model.__module__.startswith("pyproxy.")]
    assert Config in models
    undescribed = [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if name not in model.made_by_the_reader and not field.description
    ]
    assert undescribed == []
    assert [model.__name__ for model in models if not (model.__doc__ or "").strip()] == []


def test_the_extension_is_the_build_of_this_version() -> None:
    assert (pyproxy.rust_core.__file__ or "").endswith(".abi3.so")
    assert version("pyproxy") == pyproxy.rust_core.__version__


def test_what_is_tested_is_what_is_installed() -> None:
    found = distribution("pyproxy")
    if "site-packages" in PACKAGE.parts:
        assert Path(str(found.locate_file("pyproxy"))) == PACKAGE
    else:
        assert "editable" in (found.read_text("direct_url.json") or ""), "the checkout shadows the installed wheel"


def test_the_wheel_is_for_every_python_from_3_11_on() -> None:
    wheel = distribution("pyproxy").read_text("WHEEL") or ""
    assert re.search(r"^Tag: cp311-abi3-\w+$", wheel, re.MULTILINE)


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


def test_the_version_is_the_same_in_every_place() -> None:
    assert f'version = "{version("pyproxy")}"' in (ROOT / "pyproject.toml").read_text()
    assert f'version = "{version("pyproxy")}"' in (ROOT / "Cargo.toml").read_text()


def test_imports_go_one_way() -> None:
    # In a process of its own: it builds a graph of the sources, and leaves a cache.
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def catches_everything(node: ast.AST) -> bool:
    return isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))


def test_only_the_outermost_edge_catches_everything() -> None:
    sources = {path: ast.walk(ast.parse(path.read_text())) for path in PACKAGE.rglob("*.py")}
    broad = [path.relative_to(PACKAGE).as_posix() for path, nodes in sources.items() for node in nodes if catches_everything(node)]
    # The code of plug-ins is somebody else's, and may fail at its import in any way.
    assert sorted(broad) == ["http/edge.py", "observe/observers.py", "orchestration/orchestrator.py", "plugins.py", "reloading/reloader.py"]


def test_only_the_configuration_reads_the_environment() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    }
    # The demo hands its providers' addresses on to the configuration, beside what the environment has.
    assert {reader for reader in readers if not reader.startswith("config/")} == {"cli/demo/stage.py"}
