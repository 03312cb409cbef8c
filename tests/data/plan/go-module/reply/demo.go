package demo

import (
	"net/http"

	"github.com/gorilla/mux"
)

func New() http.Handler { return mux.NewRouter() }
