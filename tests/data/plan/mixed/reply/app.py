print("hello from a longer text in python than the script has")
