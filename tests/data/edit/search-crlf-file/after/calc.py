def add(a, b):
    c = a + b
    return c


def mul(a, b):
    return a * b
