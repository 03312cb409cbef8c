package main

import (
	"fmt"

	"github.com/someone/shop/internal/price"
	"github.com/someone/shop/store" // comment
)

func main() { fmt.Println(store.Name, price.Of(1)) }
