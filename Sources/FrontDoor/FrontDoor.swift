// FrontDoor
