"""Routes of the API: each file here has `routes`, an APIRouter, and is found by scanning."""
