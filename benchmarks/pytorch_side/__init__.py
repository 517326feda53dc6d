"""PyTorch's side. The network and the environments of peers are those of `lazulite.article`, whose
programs need nothing of Lazulite."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "python/lazulite/article/workers"))
