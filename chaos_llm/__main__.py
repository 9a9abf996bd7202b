"""`python -m chaos_llm`."""

import sys

from chaos_llm.cli import main

sys.exit(main())
