package server

import _ "readout/internal/fixedseed"
