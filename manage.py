#!/usr/bin/env python
import os
import sys
from pathlib import Path

# `site` is a module of the standard library, so our folder of that name holds a package and goes on the import path.
sys.path.insert(0, str(Path(__file__).resolve().parent / "site"))

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aanschuiven.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
