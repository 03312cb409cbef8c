/* Python: pytest, unittest or a plain program; its dependencies in a virtual environment. */
#include "runners/language.h"

static const struct runner python = {
	.language =
		{
			.name = "python",
			.tags = LIST("python", "py", "python3", "python2", "py3", "pytest"),
			.extensions = LIST("py", "pyi", "pyw"),
			.filenames = LIST("requirements.txt", "requirements-dev.txt",
					  "pyproject.toml", "setup.py", "setup.cfg", "Pipfile",
					  "pytest.ini", "tox.ini"),
			.manifests = LIST("requirements.txt", "requirements-dev.txt",
					  "pyproject.toml", "setup.py", "setup.cfg"),
			.tests = LIST("test_*.py", "*_test.py"),
			.code_name = "main.py",
			.test_name = "test_main.py",
			.test_pattern =
				"(?m)^(async )?def test_|^class \\w+\\((unittest\\.)?TestCase"
				"\\)|^class Test\\w*[(:]|^(import|from) pytest\\b",
			.syntax =
				{
					.line_comments = {"#"},
					.strings = {{"\"\"\"", "\"\"\""},
						    {"'''", "'''"},
						    {"\"", "\""},
						    {"'", "'"}},
					.multiline_strings = {true, true},
				},
		},
	.environment = "python-3.11",
};

REGISTER(runners, struct runner, python);
