//! Who may do what: each role against each action and each address of the API.

mod cast;
mod deeds;
mod impartiality;
mod pages;
mod people;
mod programs;
mod setting_up;
mod without_organisation;
