"""`dev.py translate`: brings the catalogs under `translations/` in step with the words in code and templates.

Run it after words have changed, translate what it names in `translations/<language>/LC_MESSAGES/messages.po`, and run
it again. It collects every message (`babel.cfg` says where from), adds what is new, drops what is gone, and compiles
the `.mo` files. These are committed with the `.po` files, so that nothing needs to be built where the site runs.
tests/test_translations.py fails for whatever was forgotten.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.environment import ROOT, say

FOLDER = ROOT / "translations"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
WIDTH = 120


def main() -> int:
    """1 while something still has to be translated."""
    template = extracted()
    return max(_update(path, template) for path in catalogs().values())


def catalogs() -> dict[str, Path]:
    """The `.po` file of each language."""
    return {path.parent.parent.name: path for path in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))}


def extracted() -> Catalog:
    """Every message that code and templates have."""
    with (FOLDER / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    template = Catalog()
    for file, _, message, comments, context in extract_from_dir(ROOT, methods, options, KEYWORDS):
        template.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return template


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, language, abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def missing(catalog: Catalog) -> list[Message]:
    """What has no translation, or not in each of its plural forms."""
    return [message for message in catalog if message.id and (message.fuzzy or not all(strings(message.string)))]


def strings(of: object) -> list[str]:
    """The forms of an id or of a translation: two of what has a plural, else one."""
    return [str(form or "") for form in (of if isinstance(of, (tuple, list)) else [of])]


def _update(path: Path, template: Catalog) -> int:
    """A guess from a message that resembles it would look like a translation: there are none."""
    language = path.parent.parent.name
    catalog = read(path, language)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(catalog))
    for message in (left := missing(catalog)):
        say(f"{language}: not translated yet: {message.id}")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
