package price

func Of(n int) int { return n }
