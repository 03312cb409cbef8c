from fastapi.testclient import TestClient
from app import app

def test_root():
    assert TestClient(app).get("/").status_code == 404
