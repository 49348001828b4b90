"""Imports go one way (design.md, "The house"), read out of the source so that nothing has to be imported for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BLUEPRINTS = ("login", "verification", "home", "health", "outbox", "administration", "preferences", "reset", "receipts")
LEAVES = ("clock", "database", "extensions", "measures", "redis_client", "translation", "version")
# From the bottom to the top: a module imports from its own layer and from those below it. The closest name counts.
LAYERS = {
    "leaves": ["config", *(f"neoserra.{name}" for name in LEAVES)],
    "models": ["neoserra.models"],
    "identity": ["neoserra.identity"],
    "delivery": ["neoserra.delivery"],
    "Flask modules": ["neoserra"],
    "blueprints": [f"neoserra.{name}" for name in BLUEPRINTS],
    "processes": ["workers", "wsgi"],
}
OURS = {"config", "neoserra", "workers", "wsgi", "tools", "tests", "bench"}
WEB = {"flask", "flask_login", "flask_wtf", "werkzeug", "wtforms", "whitenoise", "itsdangerous"}


def modules() -> dict[str, Path]:
    """Every module of the product by its name."""
    files = [ROOT / "config.py", ROOT / "wsgi.py", *_python_files("neoserra"), *_python_files("workers")]
    return {_name(path): path for path in files}


def _python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> frozenset[str]:
    """What a file imports, wherever in it, by full name; what is only imported for types counts like the rest."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(name for node in ast.walk(tree) for name in _names(node))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def layer(name: str) -> int:
    """The number of the layer that a module, or what is imported from it, belongs to."""
    places = [
        (len(package), number)
        for number, packages in enumerate(LAYERS.values())
        for package in packages
        if is_in(name, package)
    ]
    return max(places)[1]


def ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def test_no_module_imports_from_a_layer_above_its_own() -> None:
    """But `neoserra/__init__.py`, which wires the whole site."""
    wrong = [
        f"{module} imports {name}"
        for module, path in modules().items()
        for name in imports(path)
        if module != "neoserra" and ours(name) and layer(name) > layer(module)
    ]
    assert wrong == []


def test_the_product_needs_no_tools_tests_or_benchmarks() -> None:
    for module, path in modules().items():
        assert not [name for name in imports(path) if name.partition(".")[0] in {"tools", "tests", "bench"}], module


@pytest.mark.parametrize("package", ["neoserra.models", "neoserra.identity", "neoserra.delivery", "workers", "config"])
def test_what_lies_below_the_pages_knows_nothing_of_the_web(package: str) -> None:
    """Flask-Mail is the one exception: it needs no request."""
    found = {
        (module, name)
        for module, path in modules().items()
        if is_in(module, package)
        for name in imports(path)
        if name.partition(".")[0] in WEB
    }
    assert found == set()


def test_flask_mail_is_known_to_the_mail_provider_alone() -> None:
    users = {module for module, path in modules().items() for name in imports(path) if is_in(name, "flask_mail")}
    assert {module for module in users if not is_in(module, "neoserra.delivery.providers")} == set()


def test_a_provider_knows_no_accounts() -> None:
    """login.gov's telephony: a provider carries a text to an address, whoever it belongs to."""
    below = ("neoserra.delivery.providers", "neoserra.clock", "neoserra.extensions", "neoserra.translation", "config")
    allowed = (*below, "neoserra.models.delivery.Channel")
    for module, path in modules().items():
        if is_in(module, "neoserra.delivery.providers"):
            strange = [name for name in imports(path) if ours(name) and not any(is_in(name, good) for good in allowed)]
            assert strange == [], module


def test_workers_know_no_pages() -> None:
    for module, path in modules().items():
        if is_in(module, "workers"):
            above = [name for name in imports(path) if ours(name) and layer(name) > layer("neoserra.delivery")]
            assert [name for name in above if not is_in(name, "workers") and name != "neoserra.logs"] == [], module


def test_nothing_imports_in_a_circle() -> None:
    known = modules()
    graph = {
        module: {used for name in imports(path) if (used := _module_of(name, known)) and not is_in(used, module)}
        for module, path in known.items()
    }
    assert _circle(graph) == []


def _module_of(name: str, known: dict[str, Path]) -> str:
    """`neoserra.clock.now` is of `neoserra.clock`. Of a package and its own modules only one direction counts."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return "" if name in ("", "neoserra") else name


def _circle(graph: dict[str, set[str]]) -> list[str]:
    """The first circle found, as the way round; empty when there is none."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for name in sorted(graph[module]):
            if found := walk(name, [*way, module]):
                return found
        done.add(module)
        return []

    return next((found for module in graph if (found := walk(module, []))), [])


def calls() -> list[tuple[str, str]]:
    """Every call as it is written, without its arguments, and the module in which it is made."""
    return [
        (ast.unparse(node.func), module)
        for module, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def test_somebody_is_signed_in_at_one_place_alone() -> None:
    assert [module for call, module in calls() if call.endswith("login_user")] == ["neoserra.browser_session"]


def test_nothing_turns_text_into_code() -> None:
    """ASVS 1.2.5, 1.3.2, 1.3.7."""
    dangerous = {"eval", "exec", "compile", "os.system", "os.popen"}
    assert [call for call in calls() if call[0] in dangerous or call[0].endswith("render_template_string")] == []


def test_nothing_reads_what_only_python_can_read() -> None:
    """ASVS 1.5.2: no pickle and its like; and no randomness that can be foretold (11.5.1)."""
    for module, path in modules().items():
        dangerous = {"pickle", "marshal", "shelve", "dill", "yaml", "random", "uuid"}
        assert not {name.partition(".")[0] for name in imports(path)} & dangerous, module


def test_no_file_is_too_long_to_read() -> None:
    assert {module: lines for module, path in modules().items() if (lines := path.read_text().count("\n")) > 350} == {}
