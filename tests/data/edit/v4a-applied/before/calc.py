class A:
    def run(self):
        total = 0
        return total


class B(A):
    def run(self):
        total = 0
        return total
