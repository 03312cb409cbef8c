package demo

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNew(t *testing.T) { assert.NotNil(t, New()) }
