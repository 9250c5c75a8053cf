module palyra.dev/skill

go 1.24
