package app

import (
	"testing"

	"greet"
)

func TestHello(t *testing.T) {
	greet.Hello("you")
}
