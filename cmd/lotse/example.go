package main

import (
	_ "embed"
)

// The example: a made-up city with the twenty projects and six goals of Duisburg's matrix of projects and strategic goals.
// Where that matrix has a question mark (Digitalisierung Posteingang, goal 4), the example has nothing. Leads, periods and
// visions are invented; every person's surname is Beispiel.
var (
	//go:embed example/projects.csv
	exampleProjects []byte
	//go:embed example/lotse.yaml
	exampleConfig []byte
)
