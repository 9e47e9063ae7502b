package cuped_test

import _ "readout/internal/fixedseed"
