"""Pages of the console: each file here has `routes`, an APIRouter, and is found by scanning."""
