module example.org/app

require greet v0.0.0
