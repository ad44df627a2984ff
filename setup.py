"""What is installed: every package below codegen/ and runtime/, and the templates beside them.

All else is in pyproject.toml, which can find packages, but not put a folder into one of them.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages("codegen"), "plugwright.templates", *find_packages("runtime")],
    package_dir={
        "plugwright": "codegen/plugwright",
        "plugwright.templates": "templates",
        "plugwright_runtime": "runtime/plugwright_runtime",
    },
)
