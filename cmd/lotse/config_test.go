package main

import (
	"testing"
)

func TestGoodConfig(t *testing.T) {
	c, err := loadConfig("testdata/config/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", c)
}
