"""The rig's PHP is what it says: each version refuses what came after it, and complains of what it deprecates."""

import pytest

from tests.rig import php

NEWER = {
    "7.4": "function whole(int|string $one) {}",
    "8.0": "enum Word { case ONE; }",
    "8.1": "readonly class Word {}",
    "8.2": "class Word { const string ONE = 'one'; }",
    "8.3": "class Word { public string $one { get => 'one'; } }",
}


@pytest.fixture(scope="module")
def running():
    with php.running() as found:
        yield found


@pytest.fixture
def file(tmp_path):
    def _file(code, name="word.php"):
        (tmp_path / name).write_text(f"<?php\n{code}\n")
        return tmp_path / name

    return _file


@pytest.mark.parametrize(("version", "code"), NEWER.items())
def test_a_version_refuses_what_the_next_one_brought(running, file, version, code):
    path = file(code)
    later = php.VERSIONS[php.VERSIONS.index(version) + 1]
    assert "error" in running.lint([path], version)[str(path)]
    assert running.lint([path], later) == {}


def test_what_a_version_deprecates_is_said(running, file):
    path = file("function word(string $one = null) {}")
    assert "Implicitly marking parameter $one as nullable is deprecated" in running.lint([path], "8.4")[str(path)]
    assert running.lint([path], "8.3") == {}


def test_only_the_bad_file_of_many_is_named(running, file):
    good, bad = file("echo 1;", "good.php"), file("echo 1", "bad.php")
    assert list(running.lint([good, bad], "8.2")) == [str(bad)]


@pytest.mark.parametrize("version", php.VERSIONS)
def test_a_program_runs_in_each_version_and_sees_its_folders(running, file, tmp_path, version):
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "sum.php").write_text("<?php return fn( $one, $two ) => $one + $two;")
    program = file("$sum = require '/plugin/sum.php'; echo PHP_VERSION, ' ', $sum( 1, (int) $argv[1] ); exit( 3 );")
    printed = running.run(program, version, "2", folders={"/plugin": tmp_path / "plugin"})
    assert printed.code == 3
    assert printed.text.startswith(version)
    assert printed.text.endswith(" 3")


def test_a_programs_notices_are_in_what_it_printed(running, file):
    assert "Undefined variable $nobody" in running.run(file("echo $nobody;"), "8.4").text
