module greet
