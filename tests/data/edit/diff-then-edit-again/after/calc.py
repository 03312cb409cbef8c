def add(a, b):
    return b + a


def mul(a, b):
    return a * b
