class A:
    def run(self):
        total = 0
        return total


class B(A):
    name = "b"

    def run(self):
        total = 0
        return total

print(B().run())
