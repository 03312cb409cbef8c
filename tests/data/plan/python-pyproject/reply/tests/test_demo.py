import demo

def test_it():
    assert demo
