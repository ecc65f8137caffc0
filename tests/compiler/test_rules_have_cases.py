"""Every rule of the language has a file that keeps it and a file that breaks it.

The rules are those of docs/idl.md, one line each; the names are the folders of ``tests/idl`` and
``tests/idl_errors``, whose expected output and messages stand beside their files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

# fmt: off
# ruff: noqa: E501 - a table, a rule a line
RULES = (
    ("UTF-8, with or without a BOM, else GB18030", "encoding_gb18030_comment", "text_undecodable"),
    ("ASCII outside of comments and strings", "comments_become_docstrings", "text_non_ascii_name"),
    ("LF, CRLF and CR end a line", "line_ends_mixed", "text_control_characters"),
    ("comments end with the line, the file or */", "comment_ends_with_the_file", "comment_never_closed"),
    ("comments stand between any two tokens", "comments_between_any_tokens", "comment_nested"),
    ("names may begin with tars", "names_with_tars_in_front", "reserved_words_as_member"),
    ("24 words are reserved, save as methods", "reserved_words_as_methods", "reserved_words_as_struct"),
    ("other compilers' words are free; near misses get a hint", "names_that_only_other_compilers_reserve", "types_unknown"),
    ("integers: decimal, octal, hexadecimal, 64 bits", "integers_in_every_form", "integers_in_no_form"),
    ("floats: all forms, exact", "floats_in_every_form", "floats_in_no_form"),
    ("strings: a strict set of escapes", "strings_with_every_escape", "strings_with_wrong_escapes"),
    ("every semicolon is required", "interface_empty", "semicolons_missing"),
    ("#include takes one quoted path", "include_in_every_form", "include_malformed"),
    ("included files are looked for beside the file first", "include_beside_the_file_comes_first", "include_not_found"),
    ("a file is one file however it is spelt; no cycles", "include_by_two_spellings_and_a_link", "include_cycle"),
    ("what includes reach is visible", "include_of_an_include_is_visible", "types_of_a_file_that_is_not_included"),
    ("modules are merged over blocks and files", "module_over_many_files", "names_twice_in_files_of_a_run"),
    ("only includes and modules stand in a file", "file_with_comments_only", "outside_of_a_module"),
    ("tags are 0 to 255, unique, in any order", "tags_out_of_order_and_with_gaps", "tags_twice"),
    ("recursion goes through containers only", "struct_holds_itself_in_containers", "struct_holds_itself_through_others"),
    ("a struct may be empty, but not without a body", "struct_empty_warns", "struct_with_what_does_not_exist"),
    ("a module has one name space", "names_are_case_sensitive_and_capital_keywords_are_free", "names_twice_in_a_module"),
    ("defaults fit their type", "defaults_of_every_type", "default_out_of_range"),
    ("enumerators are looked up in their own enum first", "default_enumerator_prefers_its_own_enum", "enumerator_ambiguous"),
    ("without a default: the first enumerator, zero, empty", "defaults_when_absent", "default_of_the_wrong_kind"),
    ("enumerators may be implicit, negative or references", "enum_values_implicit_explicit_negative", "enum_values_out_of_range"),
    ("equal values are aliases, equal names are not", "enum_aliases", "enum_name_twice"),
    ("an enumerator's value is an integer; unknown numbers are kept", "enum_refers_to_an_enumerator", "enum_values_of_the_wrong_kind"),
    ("constants: primitives, strings, enums", "const_of_every_type", "const_of_the_wrong_kind"),
    ("keys name members of a struct, before or behind it", "key_before_and_behind_its_struct", "key_of_what_is_not_there"),
    ("a struct has one key, which orders it", "key_of_containers_and_structs", "key_twice"),
    ("methods and parameters have names of their own", "interface_parameters_have_their_position_as_tag", "interface_names_twice"),
    ("map keys are scalars, enums or structs", "map_keys_of_every_kind", "map_key_is_a_container"),
    ("members may have a fixed length", "array_of_fixed_length", "struct_with_what_does_not_exist"),
    ("other forms of fixed length are refused", "types_nested_containers", "types_fixed_lengths"),
    ("qualified names have one or two parts", "types_qualified_with_blanks", "types_qualified_too_often"),
    ("only byte, short and int may be unsigned", "types_unsigned", "types_unsigned_of_others"),
)
# fmt: on


@pytest.mark.parametrize(
    ("rule", "kept", "broken"), RULES, ids=[each[0] for each in RULES]
)
def test_a_rule_is_kept_by_one_file_and_broken_by_another(
    rule: str, kept: str, broken: str
) -> None:
    for folder in (TESTS / "idl" / kept, TESTS / "idl_errors" / broken):
        assert any(folder.rglob("*.tars")), f"{rule}: {folder.name} has no .tars file"
