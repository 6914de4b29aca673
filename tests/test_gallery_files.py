"""The files that range over the gallery: what a script loses on its way to the reader."""

from __future__ import annotations

from generator.gallery_files import lean


def test_a_script_loses_comments_blank_lines_and_indentation() -> None:
    """Comments of one line and of several, at any depth, if they have their lines to themselves."""
    script = """/* What this is for,
   in two lines. */
(() => {
  "use strict";

  /* why */
  function twice(n) {
    return 2 * n;
  }
})();
"""
    assert lean(script) == (
        '(() => {\n"use strict";\nfunction twice(n) {\nreturn 2 * n;\n}\n})();\n'
    )


def test_code_beside_a_comment_stays() -> None:
    """Before it, after it, and between two."""
    script = "a(); /* first */\n/* then */ b();\n/* one */ c(); /* two */\n"
    assert lean(script) == script


def test_what_only_looks_like_a_comment_or_an_indentation_stays() -> None:
    """Within a string or a template literal of one line."""
    script = 'const s = "/* no comment */";\nconst t = `  two  ${x}  /* nor this`;\n'
    assert lean(script) == script


def test_a_lean_script_is_lean() -> None:
    """Doing it again changes nothing; a script of comments only is empty."""
    script = "/* a */\n  b();\n\n\n  /* c\n d */\n  e();\n"
    assert lean(script) == "b();\ne();\n" == lean(lean(script))
    assert lean("/* a */\n") == ""
