module ckslab.dev/node/pause

go 1.25.0
