func f() {
	return 2
	x := 1
}
