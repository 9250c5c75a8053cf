module skill

go 1.24

require palyra.dev/skill v0.0.0

replace palyra.dev/skill => ./sdk
