class A:
    def run(self):
        total = 1
        return total + 1


class B(A):
    def run(self):
        total = 2
        return total
