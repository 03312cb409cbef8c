print("hello")

print("again")
