/** Loads Nest in one fixed order before each test file: Jest's module loader otherwise trips over the import cycles inside it. */
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
