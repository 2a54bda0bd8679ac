// The handler with which a stem rehearses.
'use strict';

exports.handler = async (event) => event;
